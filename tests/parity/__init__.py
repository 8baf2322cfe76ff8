"""Differential harness: the same drawn case on zipline-reloaded 3.2.1 and on RustyBT, compared value by value."""
