"""A document as one web page that asks for nothing outside itself."""
