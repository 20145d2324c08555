"""Branch programme: one programme per branch, judged on what was invoiced and paid there."""
