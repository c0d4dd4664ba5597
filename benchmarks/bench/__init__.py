"""The gateway and what one would have instead, measured side by side."""
