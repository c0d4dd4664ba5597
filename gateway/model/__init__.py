"""What the gateway talks about: frozen values, no I/O."""
