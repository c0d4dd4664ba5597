"""What the ways of telling Calabrio WFM have in common."""
