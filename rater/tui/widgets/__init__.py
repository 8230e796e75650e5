"""Widgets of the rating app: they post messages and know no store."""
