"""Promotions: discounts at certain times, on certain items, for certain clients."""
