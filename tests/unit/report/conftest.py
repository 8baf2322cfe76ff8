"""The small result of the tests of results."""

from tests.unit.results.conftest import make_result

__all__ = ["make_result"]
