"""Tests of the shape of the project: imports, names, signatures, errors, documents."""
