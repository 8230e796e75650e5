"""`python -m rater` does what `rater` does."""

from rater.entry import main

main()
