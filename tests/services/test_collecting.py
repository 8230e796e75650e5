"""Collecting through Inspect: its mock model, and a server of our own that speaks the OpenAI protocol."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

from protocol.errors import InvalidInputError, UsageError, WrongStateError
from protocol.fairness.answer import Outcome, Verdict
from rater.services.collecting.cells import read_models, wanted_cells
from rater.services.collecting.collecting import Collection, Generation, collect
from rater.services.collecting.inspect_run import MOCK_ANSWER
from rater.services.reading_study import read_study_file
from rater.services.seeding.fairness import read_run_file, verify_run
from rater.services.seeding.starting import study_text

# Looked for and not imported: Inspect takes seconds, which only the worker that runs these tests should pay.
pytestmark = [
    pytest.mark.skipif(find_spec("inspect_ai") is None, reason="Inspect AI is not installed (extra collect)"),
    pytest.mark.skipif(find_spec("openai") is None, reason="the openai package is not installed"),
    # Inspect warns of its own libraries and leaves streams unclosed; neither is ours to mend.
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(scope="module", autouse=True)
def _inspect_is_there() -> None:
    """Leave Inspect itself out of the collections below, of which each would take half a second."""
    import inspect_ai  # noqa: F401  what is left out

    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _streams_are_gone() -> Iterator[None]:
    """Let what Inspect left be collected here, not in whatever test comes next."""
    yield
    gc.collect()


class _Answering(ThreadingHTTPServer):
    """Answers chat requests; keeps what was asked, and fails when told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, object]] = []
        self.refused = ""
        """Requests whose brief begins so are refused."""


class _Handler(BaseHTTPRequestHandler):
    server: _Answering

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.refused and body["messages"][1]["content"].startswith(self.server.refused):
            self._send(
                400, {"error": {"message": "the request is not liked", "type": "invalid_request_error"}}
            )
            return
        self.server.asked.append(body)
        said = f"Reply {sum(one['role'] == 'user' for one in body['messages'])} under {body['model']}."
        self._send(
            200,
            {
                "id": "x",
                "object": "chat.completion",
                "created": 1,
                "model": f"{body['model']}-2026-01-01",
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "stop",
                        "message": {"role": "assistant", "content": said},
                    }
                ],
                "usage": {"prompt_tokens": 50, "completion_tokens": 5, "total_tokens": 55},
            },
        )

    def _send(self, status: int, body: dict[str, object]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing on the terminal."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Answering]:
    answering = _Answering()
    thread = threading.Thread(target=answering.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("LOCAL_API_KEY", "none")
    monkeypatch.setenv("LOCAL_BASE_URL", f"http://127.0.0.1:{answering.server_port}/v1")
    yield answering
    answering.shutdown()
    thread.join()
    answering.server_close()


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The shipped study with two of its tasks, and without guess questions on models it has not."""
    text = study_text()
    tasks = text.split("[[tasks]]")
    end = tasks[-1].index("# ------")
    path = tmp_path / "study.toml"
    path.write_text("[[tasks]]".join(tasks[:3]) + "\n" + tasks[-1][end:], encoding="utf-8")
    return path


def _asked(study: Path, folder: Path, **changes: object) -> Collection:
    asked = Collection(
        study=study,
        folder=folder,
        models=read_models(["alpha=openai-api/local/alpha", "beta=openai-api/local/beta"]),
        generation=Generation(retries=0),
        second_share=0.25,
        region="here",
    )
    return replace(asked, **changes)  # type: ignore[arg-type]  # fields by name


def test_a_collection_is_made_and_keeps_every_rule(server: _Answering, study: Path, tmp_path: Path) -> None:
    """Every cell once, a quarter twice, four turns each; the fairness rules answer "comparable"."""
    steps: list[int] = []
    folder = tmp_path / "run"
    found = collect(_asked(study, folder), progress=lambda made, _all: steps.append(made), draw=lambda: 5)
    assert (found.wanted, found.made, found.failed) == (20, 20, ())
    assert steps == list(range(21))
    assert len(server.asked) == 20 * 4
    assert {one["max_tokens"] for one in server.asked} == {700}
    assert {one["seed"] for one in server.asked} == {1, 2, 1001, 1002}
    lines = (folder / "transcripts.jsonl").read_text("utf-8").splitlines()
    roles = [one["role"] for one in json.loads(lines[0])["messages"]]
    assert len(lines) == 16
    assert roles == ["system", *["user", "assistant"] * 4]
    verified = verify_run([folder], protocol=study)
    assert verified.transcripts == 20
    assert verified.fairness.verdict is Verdict.COMPARABLE, verified.fairness
    assert "answered as alpha-2026-01-01" in read_run_file(folder / "run.json").models[0].called


def test_a_run_that_stopped_goes_on_where_it_was(server: _Answering, study: Path, tmp_path: Path) -> None:
    """What was made is not asked for again, errors are repeated only when told to, and the rule shows it."""
    folder = tmp_path / "run"
    server.refused = "Four of us"
    first = collect(_asked(study, folder))
    assert 0 < first.made < first.wanted
    assert len(first.failed) == first.wanted - first.made
    server.refused = ""
    before = len(server.asked)
    assert collect(_asked(study, folder)).made == first.made
    assert len(server.asked) == before
    last = collect(_asked(study, folder, again=True))
    assert last.made == last.wanted
    assert len(server.asked) - before == 4 * len(first.failed)
    verified = verify_run([folder], protocol=study)
    attempts = next(one for one in verified.fairness.answers if one.rule == 6)
    assert attempts.outcome is Outcome.BROKEN
    assert len(attempts.breaches) == len(first.failed)


def test_another_plan_or_other_settings_do_not_go_into_a_run(
    server: _Answering, study: Path, tmp_path: Path
) -> None:
    """A folder belongs to one study.toml and one set of models and settings."""
    folder = tmp_path / "run"
    collect(_asked(study, folder))
    with pytest.raises(UsageError, match="other models or settings"):
        collect(_asked(study, folder, generation=Generation(max_tokens=1400)))
    study.write_text(study.read_text("utf-8") + "\n# a later thought\n", encoding="utf-8")
    with pytest.raises(WrongStateError, match="not the one this run began with"):
        collect(_asked(study, folder))
    assert len(server.asked) == 80


def test_the_mock_model_answers_without_a_network(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inspect's mock model goes the same way; words are counted, with no table fetched from anywhere."""

    def fetched(*_: object) -> None:
        raise AssertionError("a table of tokens was asked for")

    monkeypatch.setattr("tiktoken.get_encoding", fetched)
    asked = _asked(study, tmp_path / "run", models=read_models(["one=mockllm/one", "two=mockllm/two"]))
    found = collect(asked)
    assert found.made == found.wanted == 20
    assert verify_run([tmp_path / "run"], protocol=study).fairness.verdict is Verdict.COMPARABLE
    cells = read_run_file(tmp_path / "run" / "run.json").cells
    assert {cell.output_tokens for cell in cells} == {(len(MOCK_ANSWER.split()),) * 4}


def test_a_folder_of_something_else_is_left_alone(study: Path, tmp_path: Path) -> None:
    """Nothing is written into a folder that holds no run."""
    with pytest.raises(UsageError, match="holds no run"):
        collect(_asked(study, tmp_path))


def test_turns_that_ask_are_refused_before_a_model_is_asked(study: Path, tmp_path: Path) -> None:
    """The words of rule 3 stop a collection, with task and turn."""
    study.write_text(
        study.read_text("utf-8").replace("Compare them over 12 months.", "Are you sure?"), encoding="utf-8"
    )
    with pytest.raises(InvalidInputError) as caught:
        collect(_asked(study, tmp_path / "run"))
    assert "phone-contracts, turn 2" in caught.value.problems[0].where


@pytest.mark.parametrize("entry", ["gpt-4o", "=openai/x", "name="])
def test_a_model_needs_a_provider(entry: str) -> None:
    """A bare name is no model."""
    with pytest.raises(UsageError, match="names no model"):
        read_models([entry])


def test_the_order_mixes_models_and_scaffolds(study: Path) -> None:
    """One order over everything, the same for the same seed."""
    protocol = read_study_file(study).protocol
    models = read_models(["a=x/a", "b=x/b"])
    cells = wanted_cells(protocol, models, second_share=0.0, order_seed=3)
    assert [cell.place for cell in cells] == list(range(1, 17))
    assert cells == wanted_cells(protocol, models, second_share=0.0, order_seed=3)
    assert cells != wanted_cells(protocol, models, second_share=0.0, order_seed=4)
