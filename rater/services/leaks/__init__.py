"""What would tell a rater the condition: rules, hits, decisions, the last look, guessability."""
