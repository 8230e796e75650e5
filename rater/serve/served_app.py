"""The rating app as it runs behind a WebSocket: the same app, told when its browser is gone."""

from __future__ import annotations

import os
import sys
from typing import Any

from textual.app import App
from textual.drivers.web_driver import WebDriver
from textual.message import Message

from rater.serve.packets import meta_packet
from rater.serve.watchdogs import end_after_grace, watch_for_spinning
from rater.services.sitting.rating import RatingDesk
from rater.tui.app import RaterApp
from rater.tui.screens.text_entry import TextEntryScreen


class BrowserGone(Message):
    """The browser closed, reloaded or lost its connection, or the server ends."""


class ServedDriver(WebDriver):
    """Textual's web driver, which by itself goes on when its input ends."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._inputs = 0

    def start_application_mode(self) -> None:
        """Start, and watch from now on."""
        super().start_application_mode()
        watch_for_spinning(lambda: self._inputs)

    def run_input_thread(self) -> None:
        """Read input; its end is the end of the session."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._leave()

    def process_message(self, message: Message) -> None:
        """Count and pass on an input."""
        self._inputs += 1
        super().process_message(message)

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Obey the server; leaving is ours, since Textual's drops a text that is being typed."""
        self._inputs += 1
        if packet_type == "quit":
            self._leave()
        elif packet_type in {"resize", "focus", "blur"}:
            super().on_meta(packet_type, payload)

    def _leave(self) -> None:
        end_after_grace()
        self._app.post_message(BrowserGone())


class ServedApp(RaterApp):
    """One rater at one file, in a browser.

    Args:
        desk: The open file.
    """

    def __init__(self, desk: RatingDesk) -> None:
        super().__init__(desk)
        self.driver_class = ServedDriver

    def on_ready(self) -> None:
        """Say when the first screen is drawn: input and resizes wait for it at the server.

        A resize that comes before the app's own first one leaves Textual with two sizes, and it lays
        out for ever.
        """
        self.call_after_refresh(tell_server, {"type": "painted"})

    def on_browser_gone(self) -> None:
        """Leave; a text that is being typed is saved first, as `q` does."""
        if isinstance(self.screen, TextEntryScreen):
            self.screen.action_save()
            self.call_after_refresh(self.exit)
        else:
            self.exit()


def tell_server(fields: dict[str, str | int]) -> None:
    """Write a packet about the session."""
    output = sys.__stdout__
    if output is not None:
        os.write(output.fileno(), meta_packet(fields))
