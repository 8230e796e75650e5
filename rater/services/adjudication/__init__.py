"""Disagreements decided after the lock: the adjudicator at work, and where an adjudication stands."""
