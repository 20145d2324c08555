"""`loyalty demo`: a year of real sales, moved to the present and given invented people."""
