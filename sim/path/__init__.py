"""A way between a page and the gateway that loses, or is narrow, as a story wants it."""
