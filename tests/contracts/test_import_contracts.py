"""The import rules of pyproject.toml hold, and what they forbid is not empty."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "contracts"
]


def test_every_contract_is_kept() -> None:
    """The linter itself, as the gate runs it; its report is shown where one is broken."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "0 broken" in done.stdout


def test_the_contracts_that_matter_are_there() -> None:
    """Taking one away is a change of the architecture, not of a test."""
    names = {contract["name"] for contract in CONTRACTS}
    assert names >= {
        "Imports go one way",
        "The domain is pure",
        "Measures know nothing of studies",
        "The rating app is blind",
        "Services are headless",
    }
    blind = next(contract for contract in CONTRACTS if contract["name"] == "The rating app is blind")
    assert {"protocol.allocation", "protocol.sources", "protocol.transcript", "db.allocation_store"} <= set(
        blind["forbidden_modules"]
    )
    assert {"rater.cli", "rater.tui", "rater.services.sitting"} <= set(blind["source_modules"])
    assert not blind.get("ignore_imports")
    assert not blind.get("allow_indirect_imports")


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract["name"])
def test_a_contract_names_modules_that_exist(contract: dict[str, object]) -> None:
    """A module that was renamed would be forbidden in vain."""
    named = [
        *_list(contract, "source_modules"),
        *_list(contract, "forbidden_modules"),
        *(part.strip() for layer in _list(contract, "layers") for part in layer.split("|")),
    ]
    assert named
    for name in named:
        assert find_spec(name) is not None, name


def _list(contract: dict[str, object], key: str) -> list[str]:
    found = contract.get(key, [])
    assert isinstance(found, list)
    return found
