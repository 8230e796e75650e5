"""Runs `rater-admin` in this process and checks what holds for every command."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from rater.admin.app import app

JARGON = re.compile(r"Traceback|\b(None|dict|\w+Error|NoneType|sqlite3)\b|object at 0x")
"""Words of Python, which no message to a person holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output as one JSON object."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        assert "/1" in value["schema"]
        return value


def run(*arguments: str | Path, stdin: str | None = None, env: Mapping[str, str] | None = None) -> Run:
    """Run a command; a refusal is a sentence on stderr, without words of Python."""
    done = CliRunner().invoke(app, [str(one) for one in arguments], input=stdin, env=env)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    found = Run(code=done.exit_code, out=done.stdout, err=done.stderr)
    assert "internal fault" not in found.err, found.err
    if found.code:
        assert found.err.strip(), "a refusal says why"
        assert not JARGON.search(found.err), found.err
    return found


def refused(code: int, words: str, *arguments: str | Path, **options: Any) -> Run:
    """Run a command that must be refused with this exit code and these words."""
    found = run(*arguments, **options)
    assert found.code == code, (found.code, found.err)
    assert words in " ".join(found.err.split()), found.err
    assert not found.out, "nothing that was refused prints data"
    return found


def done(*arguments: str | Path, **options: Any) -> Run:
    """Run a command that must succeed."""
    found = run(*arguments, **options)
    assert found.code == 0, found.err
    return found
