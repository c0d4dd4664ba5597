"""The sources that come with the gateway."""
