// Runs before terminal.js (textual-serve's, unchanged) and gives it what it lacks: an address of its
// own, keys that are not lost while it connects, the keyboard, no windows, and the way back.
"use strict";
(() => {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const byId = (id) => document.getElementById(id);

  // An address in a text must not open by a click: the request would tell its host that it is read.
  window.open = () => null;

  // terminal.js sends without asking whether the socket is open.
  const BrowserSocket = window.WebSocket;
  window.WebSocket = class extends BrowserSocket {
    constructor(address) {
      super(address);
      this.waiting = [];
      this.addEventListener("open", () => {
        const waiting = this.waiting;
        this.waiting = [];
        waiting.forEach((message) => super.send(message));
      });
      this.addEventListener("message", (event) => {
        if (typeof event.data !== "string") return;
        const [kind, text] = JSON.parse(event.data);
        if (kind === "ended") byId("why").textContent = text;
      });
      this.addEventListener("close", showEnd);
    }
    send(message) {
      if (this.readyState === BrowserSocket.CONNECTING) this.waiting.push(message);
      else if (this.readyState === BrowserSocket.OPEN) super.send(message);
    }
  };

  function takeKeyboard() {
    if (document.body.classList.contains("-closed")) byId("again").focus();
    else document.querySelector(".xterm-helper-textarea")?.focus();
  }

  function showEnd() {
    document.body.classList.add("-closed");
    document.querySelector(".xterm-helper-textarea")?.blur();
    takeKeyboard();
  }

  document.addEventListener("DOMContentLoaded", () => {
    byId("terminal").dataset.sessionWebsocketUrl = `${scheme}//${location.host}/ws`;
    byId("again").addEventListener("click", () => location.reload());
    window.addEventListener("focus", takeKeyboard);

    // terminal.js measures the font when it starts, so the font must be there.
    const start = window.onload;
    window.onload = null;
    const faces = ["16px 'Roboto Mono'", "bold 16px 'Roboto Mono'", "italic 16px 'Roboto Mono'"];
    Promise.allSettled(faces.map((face) => document.fonts.load(face))).then(() => {
      start();
      takeKeyboard();
    });
  });
})();
