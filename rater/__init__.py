"""The two skins over one set of services: the rating app and the admin command line."""

__version__ = "0.1.0"
