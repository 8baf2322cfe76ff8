"""A second reckoning of whole runs, written from the documents alone.

Nothing in here but `_through.py` and the tests knows RustyBT.
"""
