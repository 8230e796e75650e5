"""The few ways text is set in the app's own panes; colour is never the only difference."""

from __future__ import annotations

MUTED = "$foreground-muted"
STRONG = "bold"
HEADING = "bold $text-primary"
ACTIVE = "bold $text-primary on $primary-muted"
CHOSEN = "bold $text-accent"
CHOSEN_TEXT = "$text-accent"
WARNING = "bold $text-warning"
SAVED = "$text-success"
UNSAVED = "bold reverse $text-error"
