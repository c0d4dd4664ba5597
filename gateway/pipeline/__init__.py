"""One file for each stage; a stage knows no other stage."""
