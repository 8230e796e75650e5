"""`python -m rater` does what `rater` does."""

from rater.cli import main

main()
