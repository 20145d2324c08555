"""Pages about the host's own nouns: accounts, items, users. Found as those of `loyalty_web.pages` are."""
