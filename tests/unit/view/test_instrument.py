"""An instrument of a run beside the track that runs share."""

from __future__ import annotations

from rustybt.view import Instrument


def test_an_instrument_reads_every_column_of_its_track() -> None:
    track = Instrument.__mro__[1]

    class Told:
        """Stands in a track's place and says what is asked of it."""

        def __init__(self) -> None:
            self.asked: set[str] = set()

        def __getattr__(self, name: str) -> str:
            self.asked.add(name)
            return name

    told = Told()
    Instrument.take(instrument := object.__new__(Instrument), told)  # type: ignore[arg-type]
    columns = set(track.__slots__) - {"asset"}
    assert told.asked == columns
    assert {name: getattr(instrument, name) for name in columns} == {name: name for name in columns}
