"""How well a program can tell the conditions from what raters would see; admin only, before seeding."""
