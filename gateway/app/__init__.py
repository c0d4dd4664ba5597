"""The composition root: settings in, a running gateway out. It alone knows every other part."""

from gateway.app.process import serve

__all__ = ["serve"]
