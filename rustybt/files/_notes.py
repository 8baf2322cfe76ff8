"""Notes on files that were read; one note for many files that say the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rustybt.files._form import Form

_NAMED: Final = 3


class Notes:
    """Iterating gives a line for each thing to say, in the order in which it came up first.

    forms: what files and frames were found to be, by name; of small files that are read together the first one's.
    """

    def __init__(self) -> None:
        self._files: dict[str, dict[str, None]] = {}
        self.forms: dict[str, Form] = {}

    def add(self, note: str, file: str) -> None:
        """Says it of a file; again of the same one changes nothing."""
        self._files.setdefault(note, {})[file] = None

    def clear(self) -> None:
        """Forgets all."""
        self._files.clear()
        self.forms.clear()

    def __iter__(self) -> Iterator[str]:
        for note, files in self._files.items():
            names = list(files)
            more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
            each = ", each" if len(names) > 1 else ""
            yield f"{', '.join(names[:_NAMED])}{more}{each}: {note}"
