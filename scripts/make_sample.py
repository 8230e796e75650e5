"""Write the shipped sample from the full record of the small-model study.

Run by hand when the sample changes: `python scripts/make_sample.py SOURCE [-o TARGET]`. Keeps each
conversation and its origin, and of the generation record only how each answer ended: the rest is
the same in every line and stands in rater/sample/README.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "rater" / "sample" / "transcripts.jsonl"


def canonical_line(record: Mapping[str, Any]) -> str:
    """Return one transcript of the record in the canonical form, as one line of JSON."""
    return json.dumps(
        {
            "id": record["id"],
            "model": record["model"],
            "scaffold": record["scaffold"],
            "task": record["task"],
            "messages": [
                {"role": message["role"], "content": message["content"]} for message in record["messages"]
            ],
            "metadata": {
                "domain": record["domain"],
                "finish_reasons": [turn["finish_reason"] for turn in record["generation"]["turns"]],
            },
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def sample_text(source: str) -> str:
    """Return the whole sample file for the text of the full record."""
    # Not splitlines(): the answers may hold line separators that JSON leaves as they are.
    lines = [line for line in source.split("\n") if line.strip()]
    return "".join(f"{canonical_line(json.loads(line))}\n" for line in lines)


def main(arguments: list[str]) -> None:
    """Read the options and write the file."""
    parser = argparse.ArgumentParser(description="Write rater/sample/transcripts.jsonl.")
    parser.add_argument("source", type=Path, help="transcripts.jsonl of the small-model study")
    parser.add_argument("-o", "--output", type=Path, default=TARGET)
    options = parser.parse_args(arguments)
    options.output.write_text(
        sample_text(options.source.read_text(encoding="utf-8")), encoding="utf-8", newline="\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
