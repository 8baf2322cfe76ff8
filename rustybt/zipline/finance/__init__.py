"""Models of execution under Zipline's module paths."""
