"""Import of what a business has in another system, from CSV files.

A file goes one way: `reading` (bytes to rows) → `sheet` (rows to values, by the columns of the kind and the mapping)
→ one module per kind (values to the core's inputs and services) → `run` (one transaction, a report of every bad row).
"""
