"""One rater at work: what the app, the plain mode and the browser rest on; none of it can open a key."""
