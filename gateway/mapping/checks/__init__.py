"""The checks that belong to no platform, one file each with its `CHECK`."""
