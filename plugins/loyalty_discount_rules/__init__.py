"""Discount rules: a personal discount by what a client bought, paid and visited."""
