"""Configuration: YAML in, frozen settings out, every problem at once."""
