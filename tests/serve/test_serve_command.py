"""What the command refuses before it listens, and what it prints."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

import pexpect
import pytest
from typer.testing import CliRunner

from protocol.errors import NotFoundError, UsageError, WrongStateError
from rater.cli import app
from rater.serve import server as serving
from rater.serve.options import ServeOptions
from rater.services.doors.doors import lock_study
from rater.services.wall_clock import utc_now
from rater.services.who import Who
from tests.conftest import BuildStudy

WHO = Who(name="admin", app="0", reason="no more time")


def refuse(text: str) -> None:
    """Fail where something is printed that should not be."""
    pytest.fail(f"printed {text}")


def serve(path: Path, **options: object) -> None:
    """Call the service; it must not come as far as a link."""
    serving.serve(ServeOptions(path=path, **options), hand_out=refuse, tell=refuse)  # type: ignore[arg-type]  # any option


def test_without_the_extra_a_sentence_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A plain installation says what to install, before anything else is looked at."""
    monkeypatch.setattr(serving, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"blindrater\[serve\]") as refused:
        serve(tmp_path / "absent.db")
    assert "aiohttp and textual-serve" in str(refused.value)


@pytest.fixture
def _extra() -> None:
    """Skip where the extra is missing: the checks after it are not reached."""
    for name in ("aiohttp", "textual_serve"):
        pytest.importorskip(name, reason="serving to browsers needs the extra `serve`")


@pytest.mark.usefixtures("_extra")
class TestRefusals:
    """With the extra."""

    def test_a_rater_who_is_not_in_the_study_is_refused(self, build_study: BuildStudy) -> None:
        """The raters there are are named."""
        with pytest.raises(NotFoundError, match="R1, R2"):
            serve(build_study(raters=("R1", "R2")).path, raters=("R1", "R9"))

    def test_a_locked_study_is_not_served(self, build_study: BuildStudy) -> None:
        """No link is printed that would lead to an error."""
        study = build_study()
        lock_study(study.path, who=WHO, clock=utc_now, accept_missing=True)
        with pytest.raises(WrongStateError, match="locked"):
            serve(study.path)

    def test_a_missing_file_is_refused(self, tmp_path: Path) -> None:
        """As by every command."""
        with pytest.raises(NotFoundError):
            serve(tmp_path / "absent.db")

    def test_a_port_in_use_is_a_sentence(self, build_study: BuildStudy) -> None:
        """With the way out."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(UsageError, match=f"port {port}.*--port"):
                serve(build_study().path, port=port)

    def test_addresses_that_cannot_work_are_refused_by_the_command(self, build_study: BuildStudy) -> None:
        """The options are checked before the server listens."""
        path = str(build_study().path)
        for words in (["--host", "0.0.0.0"], ["--public-url", "https://x.example"]):
            outcome = CliRunner().invoke(app, ["serve", path, *words])
            assert isinstance(outcome.exception, UsageError)
            assert outcome.stdout == ""

    def test_only_the_named_raters_get_links_and_a_code_typed_gives_a_new_one(
        self, build_study: BuildStudy
    ) -> None:
        """In a terminal a lost link is replaced without stopping the server; Ctrl+C ends it in order."""
        study = build_study(raters=("R1", "R2", "R3"))
        words = ["-m", "rater", "serve", str(study.path), "--rater", "R3", "--rater", "R1"]
        terminal = pexpect.spawn(sys.executable, words, encoding="utf-8", timeout=60, echo=False)
        terminal.expect("type a rater's code")
        assert terminal.before is not None
        printed = terminal.before
        codes = [line.partition("\t")[0] for line in printed.splitlines() if "\t" in line]
        assert codes == ["R3", "R1"]
        terminal.sendline("R3")
        terminal.expect(r"R3\t(http://127\.0\.0\.1:\d+/r/\S+)")
        assert terminal.match is not None
        assert terminal.match.group(1) not in printed
        terminal.sendline("R2")
        terminal.expect("No rater R2 is served here; there are R3, R1")
        terminal.kill(signal.SIGINT)
        terminal.expect(pexpect.EOF)
        terminal.close()
        assert terminal.exitstatus == 0
