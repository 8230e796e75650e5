"""Ratings in; agreement, effects, reports, profiles and public bundles out."""
