"""The record of all searches: one SQLite file, written by the process that searches and by no other."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from rustybt.core import data_root
from rustybt.errors import RegistryError
from rustybt.optimize._space import canonical, read_point
from rustybt.optimize._trial import Trial, TrialState

FILE: Final = "trials.sqlite"
VERSION: Final = 1
BUSY_SECONDS: Final = 60.0
_SCHEMA: Final = """
CREATE TABLE search (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, space TEXT NOT NULL, space_hash TEXT NOT NULL,
    algorithm TEXT NOT NULL, seed INTEGER NOT NULL, batch INTEGER, objectives TEXT NOT NULL, trials INTEGER NOT NULL,
    bundle TEXT NOT NULL, data_version TEXT NOT NULL, data_hash TEXT NOT NULL, strategy TEXT NOT NULL,
    strategy_hash TEXT NOT NULL, run TEXT NOT NULL, rustybt TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE trial (
    search INTEGER NOT NULL REFERENCES search ON DELETE CASCADE, number INTEGER NOT NULL, params TEXT NOT NULL,
    state TEXT NOT NULL, objective_values TEXT, error TEXT, ledger_hash TEXT, seconds REAL,
    PRIMARY KEY (search, number)) WITHOUT ROWID;
CREATE TABLE trial_figure (
    search INTEGER NOT NULL REFERENCES search ON DELETE CASCADE, number INTEGER NOT NULL, name TEXT NOT NULL,
    value TEXT, PRIMARY KEY (search, number, name)) WITHOUT ROWID;
CREATE TABLE trial_returns (
    search INTEGER NOT NULL REFERENCES search ON DELETE CASCADE, number INTEGER NOT NULL, returns BLOB NOT NULL,
    PRIMARY KEY (search, number));
"""
COLUMNS: Final = (
    "name", "space", "space_hash", "algorithm", "seed", "batch", "objectives", "trials", "bundle", "data_version",
    "data_hash", "strategy", "strategy_hash", "run", "rustybt",
)  # fmt: skip


class Registry:
    """The record in a file. What is complete is never changed and never deleted but with its whole search.

    Raises RegistryError where the file can't be read or written, is locked, or is of a later version.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = data_root() / FILE if path is None else path
        with self._told():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
            try:
                self._db.execute("PRAGMA foreign_keys = ON")
                self._db.execute("PRAGMA journal_mode = WAL")
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise RegistryError(f"{self.path} is of a later version of RustyBT. Use that, or another folder.")
        if version == 0:
            with self._written():
                if self._db.execute("PRAGMA user_version").fetchone() == (0,):
                    for statement in _SCHEMA.split(";")[:-1]:
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version = {VERSION}")

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What SQLite raises, in words."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            hint = {
                "locked": "Another search writes there: wait for it, or set RUSTYBT_ROOT to a folder of yours.",
                "I/O": "Free some space and resume the search: what was complete is kept.",
                "full": "Free some space and resume the search: what was complete is kept.",
                "not a database": "Move it away to begin a new record; what is in it can't be read.",
                "malformed": "Move it away to begin a new record; what is in it can't be read.",
            }
            way = next(
                (text for word, text in hint.items() if word in str(error)), "Set RUSTYBT_ROOT to a folder of yours."
            )
            raise RegistryError(f"The record of searches, {self.path}: {error}. {way}") from None

    @contextlib.contextmanager
    def _written(self) -> Iterator[None]:
        """A transaction: all of it, or nothing."""
        with self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def names(self) -> list[str]:
        """Of all searches, the newest first."""
        with self._told():
            return [name for (name,) in self._db.execute("SELECT name FROM search ORDER BY id DESC")]

    def search(self, name: str) -> dict[str, Any] | None:
        """What a search was begun with; None where there is none of that name."""
        with self._told():
            row = self._db.execute(
                f"SELECT id, created, {', '.join(COLUMNS)} FROM search WHERE name = ?", [name]
            ).fetchone()
        return None if row is None else dict(zip(("id", "created", *COLUMNS), row, strict=True))

    def begin(self, facts: dict[str, Any]) -> int:
        """Enters a search. facts: by the names of COLUMNS. Returns its number. Raises RegistryError for a name that is
        taken."""
        if self.search(facts["name"]) is not None:
            raise RegistryError(
                f"There is a search {facts['name']!r} already: go on with it by resume({facts['name']!r}), choose "
                f"another name, or delete it: rustybt trials rm {facts['name']}."
            )
        with self._written():
            cursor = self._db.execute(
                f"INSERT INTO search ({', '.join(COLUMNS)}, created) VALUES ({', '.join('?' * len(COLUMNS))}, ?)",
                [*(facts[name] for name in COLUMNS), time.time()],
            )
        return int(cursor.lastrowid or 0)

    def more(self, search: int, trials: int) -> None:
        """Gives a search room for more trials."""
        with self._written():
            self._db.execute("UPDATE search SET trials = max(trials, ?) WHERE id = ?", [trials, search])

    def remove(self, name: str) -> None:
        """Deletes a search with all its trials. Raises RegistryError where there is none of that name."""
        with self._written():
            gone = self._db.execute("DELETE FROM search WHERE name = ?", [name]).rowcount
        if not gone:
            raise RegistryError(f"There is no search {name!r} in {self.path}.")

    def asked(self, search: int, trials: Iterable[Trial]) -> None:
        """Enters trials before they are run."""
        rows = [(search, trial.number, canonical(trial.params), TrialState.ASKED.value) for trial in trials]
        with self._written():
            self._db.executemany(
                "INSERT OR IGNORE INTO trial (search, number, params, state) VALUES (?, ?, ?, ?)", rows
            )

    def ended(self, search: int, trials: Sequence[Trial]) -> None:
        """Enters what became of them."""
        with self._written():
            for trial in trials:
                texts = json.dumps([None if value is None else str(value) for value in trial.values])
                fields = (trial.state.value, texts, trial.error, trial.ledger_hash, trial.seconds)
                self._db.execute(
                    "UPDATE trial SET state = ?, objective_values = ?, error = ?, ledger_hash = ?, seconds = ? "
                    "WHERE search = ? AND number = ? AND state = 'asked'",
                    [*fields, search, trial.number],
                )
                self._db.executemany(
                    "INSERT OR REPLACE INTO trial_figure VALUES (?, ?, ?, ?)",
                    [
                        (search, trial.number, name, None if value is None else str(value))
                        for name, value in trial.figures.items()
                    ],
                )
                if trial.returns is not None:
                    self._db.execute(
                        "INSERT OR REPLACE INTO trial_returns VALUES (?, ?, ?)", [search, trial.number, trial.returns]
                    )

    def trials(self, search: int) -> list[Trial]:
        """All trials of a search by number, those that were only asked among them; without their returns."""
        with self._told():
            rows = self._db.execute(
                "SELECT number, params, state, objective_values, error, ledger_hash, seconds FROM trial "
                "WHERE search = ? ORDER BY number",
                [search],
            ).fetchall()
            figures: dict[int, dict[str, Decimal | int | None]] = {}
            for number, name, value in self._db.execute(
                "SELECT number, name, value FROM trial_figure WHERE search = ?", [search]
            ):
                figures.setdefault(number, {})[name] = _read(value)
        found = []
        for number, params, state, values, *told in rows:
            try:
                texts = json.loads(values) if values else [None]
                numbers = tuple([None if text is None else Decimal(text) for text in texts])
                found.append(
                    Trial(number, read_point(params), TrialState(state), numbers, figures.get(number, {}), *told)
                )
            except (ValueError, TypeError, AttributeError, ArithmeticError, LookupError) as error:
                raise RegistryError(
                    f"Trial {number} in {self.path} can't be read: {error}. Something else wrote there: delete "
                    "the search, rustybt trials rm, and begin it again."
                ) from None
        return found

    def returns(self, search: int, number: int) -> bytes | None:
        """The packed returns of a trial; None where they were not kept."""
        with self._told():
            row = self._db.execute(
                "SELECT returns FROM trial_returns WHERE search = ? AND number = ?", [search, number]
            ).fetchone()
        return None if row is None else bytes(row[0])


def _read(text: str | None) -> Decimal | int | None:
    if text is None:
        return None
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)
