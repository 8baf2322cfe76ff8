"""Whole runs, timed beside zipline-reloaded on the same data and strategy: `python -m benchmarks`, `./dev bench`."""
