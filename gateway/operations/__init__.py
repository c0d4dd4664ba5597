"""What operators do, once for the command line and the admin API."""

from gateway.operations.all import OPERATIONS
from gateway.operations.table import Asked, Bench, Live, Operation

__all__ = ["OPERATIONS", "Asked", "Bench", "Live", "Operation"]
