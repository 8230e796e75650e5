"""Text renderings of results as pure functions."""
