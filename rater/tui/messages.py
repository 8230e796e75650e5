"""What screens tell the app: in a module of its own, so that the app starts before the screens are loaded."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class Waiting(Message):
    """A screen began or ceased to wait for another program; no key is handled meanwhile."""

    begins: bool


@dataclass
class Arrived(Message):
    """Another item came on the screen."""

    said: str
    """What the app has to say about it."""
