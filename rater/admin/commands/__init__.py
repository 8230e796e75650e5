"""One file per noun; a command reads options, calls one service, prints through the output sink."""
