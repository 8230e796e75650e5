"""Alignment profiles: what is known of one system, row by row, and never as one number."""
