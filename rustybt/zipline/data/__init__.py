"""Zipline's zipline.data, as far as ingest functions need it."""
