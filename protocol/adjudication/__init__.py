"""Adjudication: what counts as a disagreement, the chain of decisions on it, and the consensus."""
