"""The destinations that come with the gateway."""
