"""Who a browser is: single-use links, and the cookies they become.

Only hashes are kept, and only in memory: whoever reads this process's files or its log learns no
link. Starting the server anew issues new links.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable

SECRET_BYTES = 32


def _fresh_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class Links:
    """The links and cookies of a server.

    Args:
        raters: Codes that may have a link.
        fresh_secret: Makes an unguessable string; the system's entropy unless given.
    """

    def __init__(self, raters: Iterable[str], *, fresh_secret: Callable[[], str] = _fresh_secret) -> None:
        self.raters = tuple(raters)
        self._fresh_secret = fresh_secret
        self._tokens: dict[bytes, str] = {}
        self._cookies: dict[bytes, str] = {}

    def issue(self, rater: str) -> str:
        """Return the token of a new link; the rater's older link and cookie stop working.

        Raises:
            KeyError: The rater is not one of the server's.
        """
        if rater not in self.raters:
            raise KeyError(rater)
        for held in (self._tokens, self._cookies):
            for digest in [digest for digest, owner in held.items() if owner == rater]:
                del held[digest]
        token = self._fresh_secret()
        self._tokens[_hash(token)] = rater
        return token

    def is_unused(self, token: str) -> bool:
        """Whether the token is of a link that nobody used yet."""
        return _hash(token) in self._tokens

    def redeem(self, token: str) -> str | None:
        """Use a link up.

        Returns:
            The secret of the cookie it becomes, or None where the link is unknown or was used.
        """
        rater = self._tokens.pop(_hash(token), None)
        if rater is None:
            return None
        secret = self._fresh_secret()
        self._cookies[_hash(secret)] = rater
        return secret

    def rater_of(self, cookie: str | None) -> str | None:
        """Return whose cookie it is, or None."""
        return None if cookie is None else self._cookies.get(_hash(cookie))
