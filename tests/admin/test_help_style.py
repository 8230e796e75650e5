"""Help is made in one style, also of a command inside another, and says what a command takes."""

from __future__ import annotations

import pytest

from tests.admin.running import done


@pytest.mark.parametrize("words", [("protocol",), ("protocol", "verify"), ("verify",)])
def test_help_is_plain_and_offers_no_completion_of_its_own(words: tuple[str, ...]) -> None:
    """No box is drawn, and completion is installed by the program alone."""
    page = done(*words, "--help").out
    assert "╭" not in page
    assert "--install-completion" not in page


def test_verify_says_that_it_takes_a_bundle() -> None:
    """A referee has a folder, not a study file."""
    assert "public bundle" in " ".join(
        done("verify", "--help").out.split("Options:")[0].split("Arguments:")[1].split()
    )
