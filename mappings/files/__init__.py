"""Files that vendors read: one package for each format."""
