"""Use cases, headless. Imports nothing here: the rating app must not load what could open the key."""
