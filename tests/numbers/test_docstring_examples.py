"""The worked example in each measure's docstring is true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import protocol.stats

MODULES = sorted(info.name for info in pkgutil.iter_modules(protocol.stats.__path__, "protocol.stats."))
WITHOUT_EXAMPLE = {"protocol.stats.estimate", "protocol.stats.rating_matrix", "protocol.stats.values"}
"""Modules that hold forms of data, not measures."""


@pytest.mark.parametrize("name", MODULES)
def test_worked_examples_hold(name: str) -> None:
    """Every example runs and gives what it says."""
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
    assert result.attempted > 0 or name in WITHOUT_EXAMPLE
