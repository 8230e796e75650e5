"""The line-by-line rating mode: the same work and the same events as the rating app, without Textual."""
