"""The colours of the app: few and quiet, and never the only sign of anything."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="blindrater-dark",
    primary="#78a9d8",
    secondary="#8593a8",
    accent="#62c3b0",
    warning="#e0ab5a",
    error="#e27878",
    success="#86b97f",
    foreground="#d5dae1",
    background="#14161a",
    surface="#1b1e24",
    panel="#2b303a",
    dark=True,
)
