"""The rating app. Knows no origin, no key, no analysis."""
