"""Screens of the rating app."""
