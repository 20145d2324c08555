"""The web side of the product: a small host built on the core, and what any host may take from it."""
