"""What the gateway talks about: frozen values, standard library only, no I/O."""
