"""Benchmarks: `python -m benchmarks` runs them all; `docs/performance.md` says what they mean."""
