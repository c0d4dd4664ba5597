"""The mappings that come with the gateway: one folder for each platform and vendor."""
