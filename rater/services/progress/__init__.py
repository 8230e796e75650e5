"""How an open study stands: every rater's chain and training, what is odd, and who looked."""
