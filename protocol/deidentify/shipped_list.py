"""The shipped list of what tells a model, a maker or a scaffold.

Names that are also ordinary words (Meta, Falcon, Titan, Yi, Phi) stand only in forms that cannot
be the ordinary word; ambiguous ones (Claude, Gemini) match with their capital alone.
"""

from __future__ import annotations

NAMES_ANY_CASE = tuple(
    """
    openai chatgpt gpt-3 gpt-3.5 gpt-4 gpt-4o gpt-5 gpt-oss o1-mini o1-preview o3-mini o4-mini
    anthropic deepmind gemma mixtral codestral ministral qwen qwq tongyi deepseek smollm smollm2
    smollm3 dbrx olmo nemotron zhipu baichuan minimax dashscope ai21 jamba perplexity.ai wizardlm vicuna
    """.split()  # noqa: SIM905 - one name a line would bury the list
)
PHRASES_ANY_CASE = (
    "hugging face",
    "huggingface",
    "alibaba cloud",
    "meta ai",
    "mistral ai",
    "google ai",
    "google bard",
    "amazon nova",
    "amazon titan",
    "amazon bedrock",
    "vertex ai",
    "azure openai",
    "ibm granite",
    "microsoft copilot",
    "github copilot",
    "command r+",
    "moonshot ai",
    "x.ai",
)
NAMES_WITH_CAPITAL = (
    "Claude",
    "Gemini",
    "Llama",
    "LLaMA",
    "Mistral",
    "Grok",
    "Cohere",
    "Kimi",
    "Copilot",
    "xAI",
    "GLM",
    "Phi-2",
    "Phi-3",
    "Phi-4",
)

SELF_IDENTIFICATION = (
    r"\bas an? (?:AI|artificial intelligence|(?:large )?language)[ -](?:language )?(?:model|assistant)\b",
    r"\bI(?:'m| am|’m) (?:just |only )?(?:an AI(?: (?:language model|assistant|model))?"
    r"|a (?:large )?language model)\b",
    r"\bmy (?:knowledge|training)(?: data)? (?:cut-?off|ends|goes up to|was last updated)\b[^.\n]{0,60}",
    r"\b(?:knowledge|training) cut-?off[^.\n]{0,40}(?:19|20)\d\d",
    r"\b(?:as of )?my last (?:knowledge )?(?:update|training)\b[^.,\n]{0,40}",
    r"\b(?:developed|created|trained|made|built) by "
    r"(?:google|microsoft|meta|amazon|apple|nvidia|ibm|alibaba|baidu|tencent|bytedance)\b",
)
TEMPLATES = (
    r"<\|(?:im_start|im_end|eot_id|begin_of_text|start_header_id|end_header_id|endoftext)\|>",
    r"\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>",
    r"</?(?:think|thinking|reasoning|scratchpad)>",
)
RECORD_MARKS = (
    r"\b(?:call|toolu|chatcmpl|msg|resp|run|thread|asst|fc|gen)[-_][A-Za-z0-9]{12,}\b",
    r"\b(?:system_fingerprint|finish_reason|stop_reason|logprobs|prompt_tokens|cache_read_input_tokens)\b",
)
"""Ids and field names of providers' records."""

ECHOES_ANY_CASE = (
    r"(?m)^[ \t]*(?:Thought|Action|Action Input|Observation|Final Answer|Reflection|Critique)[ \t]*:",
    r"<(?:plan|action|observation|tool_call|function_calls|invoke|critique)>",
    r"\b(?:Reflexion|tree of thoughts?|self-consistency|chain[- ]of[- ]thought|scratchpad)\b",
    r"\b(?:LangChain|LangGraph|AutoGen|CrewAI|smolagents|AutoGPT|SWE-agent|OpenHands|Aider)\b",
)
ECHOES_WITH_CASE = (r"\bReAct\b",)
"""The verb is no framework."""

REVIEW_WITH_CAPITAL = (
    "Google",
    "Microsoft",
    "Amazon",
    "Meta",
    "NVIDIA",
    "Bard",
    "Sonnet",
    "Opus",
    "Haiku",
    "Falcon",
    "Titan",
    "Yi",
    "Reka",
    "Databricks",
    "Perplexity",
    "Moonshot",
    "Bedrock",
    "Devin",
    "Cline",
    "Cursor",
)
REVIEW_FORMS = (
    r"\b(?:19|20)\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d",
    r"(?:/home/|/workspace/|/runs/|s3://)[^\s\"']{0,80}",
)
