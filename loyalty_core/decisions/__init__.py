"""Frozen answers: what plugins say, as data."""
