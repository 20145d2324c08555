"""The loyalty product without pages: facts in, decisions out."""
