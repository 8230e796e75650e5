"""Study questions answered with the measures of protocol.stats."""
