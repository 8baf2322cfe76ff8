"""What scripts import from zipline.utils."""
