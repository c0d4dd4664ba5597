"""What operators do, once for the command line and the admin API."""
