"""De-identification: redaction rules and scrubbing with a log of every span."""
