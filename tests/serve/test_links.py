"""Single-use links and the cookies they become."""

from __future__ import annotations

import pytest

from rater.serve.links import Links


def test_a_link_works_once_and_its_cookie_names_the_rater() -> None:
    """The second use of a token answers nothing; the cookie goes on naming its rater."""
    links = Links(["R1", "R2"])
    token = links.issue("R2")
    assert links.is_unused(token)
    cookie = links.redeem(token)
    assert links.rater_of(cookie) == "R2"
    assert not links.is_unused(token)
    assert links.redeem(token) is None
    assert links.rater_of(cookie) == "R2"


def test_neither_a_token_nor_anything_else_is_a_cookie() -> None:
    """Only what `redeem` returned names a rater."""
    links = Links(["R1"])
    token = links.issue("R1")
    for wrong in (None, "", token, "R1", "\udc80"):
        assert links.rater_of(wrong) is None
    assert links.redeem("") is None
    assert links.redeem("\udc80") is None
    assert links.is_unused(token)


def test_a_new_link_ends_the_older_link_and_cookie_of_that_rater_only() -> None:
    """A lost link or browser is shut out; others notice nothing."""
    links = Links(["R1", "R2"])
    old_cookie, others_cookie = links.redeem(links.issue("R1")), links.redeem(links.issue("R2"))
    unused = links.issue("R1")
    assert links.rater_of(old_cookie) is None
    links.issue("R1")
    assert links.redeem(unused) is None
    assert links.rater_of(others_cookie) == "R2"


def test_no_secret_is_kept() -> None:
    """What the object holds contains neither a token nor a cookie."""
    links = Links(["R1", "R2"])
    token, cookie = links.issue("R1"), links.redeem(links.issue("R2"))
    kept = repr(vars(links))
    assert cookie is not None
    assert token not in kept
    assert cookie not in kept


def test_secrets_are_long_and_differ() -> None:
    """Each is 32 bytes of the system's entropy: 43 characters."""
    links = Links(["R1"])
    tokens = {links.issue("R1") for _ in range(50)}
    assert len(tokens) == 50
    assert {len(token) for token in tokens} == {43}


def test_only_the_servers_raters_have_links() -> None:
    """A code that is not served is refused."""
    with pytest.raises(KeyError):
        Links(["R1"]).issue("R2")
