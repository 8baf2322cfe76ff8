"""What a vendor did not give."""

from __future__ import annotations

from rustybt.errors._base import RustyBTError


class SourceError(RustyBTError):
    """A vendor did not give what was asked for.

    may_pass: asking again may help. retry_after: seconds that the vendor wants to be left alone, None if not said.
    stops: other symbols will not fare better, so that they need not be asked for.
    """

    may_pass: bool = False
    retry_after: float | None = None
    stops: bool = False


class SourceRefused(SourceError):
    """No key, a wrong one, or one that does not allow this."""

    def __init__(self, message: str, *, stops: bool = False) -> None:
        super().__init__(message)
        self.stops = stops


class SourceRateLimited(SourceError):
    """The vendor was asked too often.

    stops: the allowance of a whole day is used up, so that no short wait helps.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, stops: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.may_pass = not stops
        self.stops = stops


class SourceUnavailable(SourceError):
    """No connection, no reply in time, or an error on the vendor's side."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.may_pass = True
        self.retry_after = retry_after


class SourceUnknownSymbol(SourceError):
    """The vendor has nothing under that name."""


class SourceMalformed(SourceError):
    """A reply that can't be read, or that contradicts itself.

    may_pass: it was cut off on its way, so that another may be whole.
    """

    def __init__(self, message: str, *, may_pass: bool = False) -> None:
        super().__init__(message)
        self.may_pass = may_pass
