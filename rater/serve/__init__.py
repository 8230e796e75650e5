"""The rating app in a browser: one server, one app process for each rater who is connected."""
