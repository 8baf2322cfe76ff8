"""RustyBT."""
