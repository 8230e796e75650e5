"""Who rates what in which order."""
