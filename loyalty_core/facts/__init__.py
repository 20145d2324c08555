"""Frozen snapshots of what is so: the input of every decision."""
