"""Numbers only: no rating, no rubric, no input or output; one measure a file."""
