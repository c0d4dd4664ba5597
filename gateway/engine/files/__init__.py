"""Files of intervals: made when an interval is over, made up when it was missed, corrected."""

from gateway.engine.files.filer import Filer

__all__ = ["Filer"]
