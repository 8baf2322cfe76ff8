"""The events of a session, where Zipline has them."""
