"""Checks of a platform's own signature scheme, as plugins."""
