"""A run at one of its moments, kept: what each of its parts has to say, and how a run takes it over.

What is the run's own is plain values, so that the other kernel goes on with it; what is the user's is one pickle.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any, Final, NoReturn, Self

from rustybt import _version
from rustybt.core import Moment, Phase, check_regular, writing
from rustybt.engine._callbacks import callbacks_of
from rustybt.engine._checked_broker import CheckedBroker
from rustybt.engine._events import Tick
from rustybt.engine._hooks import hooks_for
from rustybt.engine._loop import Loop
from rustybt.engine._market import Market
from rustybt.engine._own_copies import OwnCopies
from rustybt.engine._prepared import Prepared
from rustybt.engine._setup import joined
from rustybt.engine._user_objects import Globals, Names, arguments_pickled, pickled, unpickled
from rustybt.engine._wire import wire_between_bars
from rustybt.errors import InputError, SnapshotCorrupt, SnapshotError, SnapshotMismatch

FORMAT: Final = 4
MAGIC: Final = b"RustyBT snapshot\n"
DATA: Final = ("data", "data_frequency", "bundle", "version", "bundle_timestamp")
CALLBACKS: Final = ("strategy", "initialize", "handle_data", "before_trading_start", "analyze", "on_order")
CALLED: Final = ("handle_data", "before_trading_start", "on_order")
LEFT_OUT: Final = frozenset({*CALLBACKS, *DATA, "progress", "environ", "market", "kernel", "keep_strategy"})
"""Arguments that whoever restores gives again, or has of his own."""

SAVED: Final = (
    "loop.cursor", "loop.over", "loop.complete", "loop.ledger", "loop.actions", "loop.recorder", "loop.timetable",
    "loop.agenda", "loop.carrying", "loop.wire", "loop.hooks", "loop.context", "loop.copies", "loop.gate",
    "run.market", "run.books", "run.book", "run.converter", "run.lookup", "run.notes", "run.phase", "run.schedules",
    "run.recorded", "account.flows",
    "settings.slippage", "settings.commission", "settings.cancel_policy", "settings.account_controls",
    "settings.benchmark", "settings.borrow", "settings.financing", "settings.rollover", "settings.account",
    "settings.margin_by_range",
    "settings.latency",
)  # fmt: skip
"""What of a run a snapshot holds."""
REMADE: Final = (
    "loop.run", "loop.settings", "loop.capital", "loop.funding", "loop.broker", "loop.simulated", "loop.compat",
    "loop.before_trading_start", "loop.handle_data", "loop.direct", "loop.within", "loop.closings",
    "loop.expiring", "loop.reducing", "loop.traded", "loop.supervision",
    "loop.on_session", "loop.ends", "loop.tell",
    "run.data", "run.kernel", "run.compat", "run.explainer", "run.account", "run.facts", "run.views",
    "account.books", "account.account", "account.market", "account.data", "account.numbers", "account.capital",
    "account.currency", "account.start_date", "account.figures_below_zero", "account.notes", "account.instruments",
    "settings.broker_of", "settings.wrappers",
)  # fmt: skip
"""What follows from the arguments, the data and what is saved."""


class Snapshot:
    """A run at one of its moments. `Run.snapshot` takes one, `Run.restore` goes on from it, any number of times.

    It holds pickles: only restore what you trust.
    moment: the last one that the run went through; None before its first. bundle, version, data_hash: of its data.

    >>> from rustybt import Run, Snapshot
    >>> run = Run("2010-01-04", "2010-01-08", handle_data=lambda context, data: None)
    >>> _ = run.until("2010-01-05")
    >>> snapshot = run.snapshot()
    >>> snapshot.bundle, snapshot.moment.when.date()
    ('sample', datetime.date(2010, 1, 5))
    """

    __slots__ = ("_held", "_of", "_parts", "bundle", "data_hash", "moment", "version")

    def __init__(
        self, parts: tuple[bytes, bytes, bytes], moment: Moment | None, data: tuple[str, str, str], held: list[Any]
    ) -> None:
        # what is the run's own, its arguments, and what is the user's
        self._parts = parts
        self._held = held
        self._of: Loop | None = None  # of a fork, which is made at once: whose rows are copied
        self.moment = moment
        self.bundle, self.version, self.data_hash = data

    def save(self, path: Path | str) -> Path:
        """Writes it into a file, in place of one that is there, whole or not at all. Returns its path.

        Raises SnapshotError where the disk refuses.

        >>> import pathlib, tempfile
        >>> from rustybt import Run
        >>> run = Run("2010-01-04", "2010-01-08", handle_data=lambda context, data: None)
        >>> run.snapshot().save(pathlib.Path(tempfile.mkdtemp()) / "january.snapshot").name
        'january.snapshot'
        """
        path = Path(path)
        if not path.is_dir():
            check_regular(SnapshotError, path)
        body = b"".join(self._parts)
        about = {
            "format": FORMAT,
            "rustybt": _version.__version__,
            "bundle": self.bundle,
            "version": self.version,
            "data_hash": self.data_hash,
            "moment": None if self.moment is None else [*self.moment[:3], int(self.moment.phase)],
            "parts": [len(part) for part in self._parts],
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        part = path.with_name(f".{path.name}.part")
        with writing(SnapshotError, path, "save it at another place"):
            with part.open("wb") as file:
                file.write(MAGIC + json.dumps(about).encode() + b"\n" + body)
                file.flush()
                os.fsync(file.fileno())
            try:
                part.replace(path)
            except OSError:
                part.unlink()
                raise
        return path

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Reads a file that `save` wrote. Nothing of it is executed before a run is restored from it.

        Raises SnapshotCorrupt for what is no snapshot or was damaged, SnapshotMismatch for another format.

        >>> import pathlib, tempfile
        >>> from rustybt import Run, Snapshot
        >>> idle = lambda context, data: None
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "january.snapshot"
        >>> _ = Run("2010-01-04", "2010-01-08", handle_data=idle).snapshot().save(path)
        >>> Run.restore(Snapshot.load(path), handle_data=idle).finish().daily.height
        5
        """
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise SnapshotError(
                f"{path} can't be read: {error.strerror}. Name a file that Snapshot.save wrote."
            ) from None
        if not content.startswith(MAGIC):
            raise SnapshotCorrupt(f"{path} is no snapshot. Name a file that Snapshot.save wrote.")
        line, _, body = content[len(MAGIC) :].partition(b"\n")
        try:
            about = json.loads(line)
            kind = about["format"]
        except (ValueError, KeyError, TypeError):
            raise SnapshotCorrupt(f"{path} is damaged: its first lines can't be read. Take another copy.") from None
        if kind != FORMAT:
            raise SnapshotMismatch(
                f"{path} is a snapshot of format {kind}, written by RustyBT {about.get('rustybt')}; this one reads "
                f"format {FORMAT}. Restore it there, or run again."
            )
        if hashlib.sha256(body).hexdigest() != about.get("sha256"):
            raise SnapshotCorrupt(f"{path} is damaged: it does not have the checksum that it was saved with.")
        at = about["moment"]
        moment = None if at is None else Moment(at[0], at[1], at[2], Phase(at[3]))
        data = about["bundle"], about["version"], about["data_hash"]
        first, second, _ = about["parts"]
        parts = body[:first], body[first : first + second], body[first + second :]
        return cls(parts, moment, data, [])

    def __repr__(self) -> str:
        when = "before its first moment" if self.moment is None else f"at {self.moment.when}"
        return f"<Snapshot of a run on {self.bundle} {self.version} {when}>"


def _plain(snapshot: Snapshot) -> dict[str, Any]:
    """What is the run's own. Nothing but plain values is read, whatever the file says."""
    state: dict[str, Any] = _PlainReader(io.BytesIO(snapshot._parts[0])).load()
    return state


class _PlainReader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> NoReturn:
        raise SnapshotCorrupt(f"The snapshot's own part asks for {module}.{name}: it was not written by RustyBT.")


def taken(parts: Prepared, loop: Loop, *, fork: bool = False) -> Snapshot:
    """A snapshot of a run. fork: functions and classes stay as they are, for another run in this process.

    Raises SnapshotError naming what can't be saved.
    """
    data = parts.data
    held: list[Any] = []
    kept = held if fork else None
    names = Names(parts)
    user = _user_state(parts, loop, names)
    arguments = {name: value for name, value in parts.given.items() if name not in LEFT_OUT}
    for edge in ("start", "end"):
        # a market that was loaded may have bounds of its own
        arguments[edge] = getattr(parts.market, edge) if arguments[edge] is None else arguments[edge]
    pickles = (
        pickle.dumps(_plain_state(parts, loop, whole=not fork), protocol=5),
        arguments_pickled(arguments, Globals(parts.callbacks), kept),
        pickled(user, names, kept),
    )
    snapshot = Snapshot(pickles, loop.moment, (data.bundle, data.id, data.hash), held)
    snapshot._of = loop if fork else None
    return snapshot


def arguments_of(snapshot: Snapshot, given: dict[str, Any], market: Any) -> dict[str, Any]:
    """All arguments of `run_algorithm` for a run that goes on. given: those that are given anew.

    Raises SnapshotMismatch for another market than that of the snapshot, and for other callbacks.
    """
    if not isinstance(snapshot, Snapshot):
        raise InputError(f"snapshot={snapshot!r}: pass a Snapshot; rustybt.Snapshot.load(path) reads a file.")
    callbacks = callbacks_of(*(given[name] for name in CALLBACKS))
    saved = _plain(snapshot)["run"]
    missing = [name for name in saved["callbacks"] if getattr(callbacks, name) is None]
    if missing:
        raise SnapshotMismatch(
            f"The run of the snapshot has {missing[0]}, and none was given. Pass the same functions."
        )
    arguments = (
        unpickled(snapshot._parts[1], Globals(callbacks), snapshot._held)
        | dict.fromkeys(DATA)
        | given
        | {"market": market}
    )
    if market is None:
        if saved["at_hand"]:
            raise SnapshotMismatch(
                "The snapshot is of a run on data at hand, which are in no catalog. Pass them again: "
                "market=rustybt.load_data(data)."
            )
        named = {"data_frequency": saved["data_frequency"], "bundle": snapshot.bundle, "version": snapshot.version}
        return arguments | named
    if not isinstance(market, Market):
        raise InputError(f"market={market!r}: pass what rustybt.load() or rustybt.load_data() returns.")
    version = market.data
    if saved["at_hand"]:
        _check_hash(snapshot, version.hash)
    else:
        _check_version(snapshot, version.id, version.hash, f"market is {market!r}")
    return arguments


def restored(snapshot: Snapshot, parts: Prepared) -> Loop:
    """The loop of a run that goes on from a snapshot. parts: made of `arguments_of`. Raises SnapshotMismatch."""
    data, state = parts.data, _plain(snapshot)
    if not state["run"]["at_hand"]:
        _check_version(snapshot, data.id, data.hash, f"the catalog has other data under {data.bundle} {data.id}")
    user: dict[str, Any] = {}

    def begun(parts: Prepared) -> OwnCopies:
        for account, currency in state["pockets"]:
            if parts.run.books.pocket(account, currency) is None:
                parts.run.books.open_pocket(account, currency, 0)
        parts.run.market.restore(state["market"])
        names = Names(parts)
        user.update(unpickled(snapshot._parts[2], names, snapshot._held))
        _restore_user(parts, names, user)
        return OwnCopies.restored(user["metrics"])

    loop = joined(parts, begun)
    _restore_plain(parts, loop, state, snapshot._of)
    loop.attach(hooks_for(loop.copies.metrics, parts.run, loop.recorder, parts.given["emission_rate"]))
    if loop.hooks is not None:
        loop.hooks.restore(user["hooks"])
    loop.recorder.recorded = user["rows"]
    if isinstance(loop.broker, CheckedBroker):
        loop.broker.go_on(user["broker"])
    for timer in user["timers"]:
        loop.agenda.when(timer.stamp, timer.phase, timer.action, priority=timer.priority, number=timer.number)
    return loop


def _check_version(snapshot: Snapshot, version: str, digest: str, found: str) -> None:
    if (version, digest) != (snapshot.version, snapshot.data_hash):
        raise SnapshotMismatch(
            f"The snapshot is of {snapshot.bundle} {snapshot.version}, whose data have the hash "
            f"{snapshot.data_hash[:12]}; {found}. Bring that version back, or run again."
        )


def _check_hash(snapshot: Snapshot, digest: str) -> None:
    """Data at hand have another version each time that they are read, and the same hash."""
    if digest != snapshot.data_hash:
        raise SnapshotMismatch(
            f"The snapshot is of data with the hash {snapshot.data_hash[:12]}; market has data with the hash "
            f"{digest[:12]}. Pass the data of the run, read with the same options, or run again."
        )


def _restore_user(parts: Prepared, names: Names, user: dict[str, Any]) -> None:
    run, settings = parts.run, parts.settings
    vars(parts.context).update(user["context"])
    for owner, attributes in zip(names.owners, user["owners"], strict=True):
        vars(owner).clear()
        vars(owner).update(attributes)
    settings.slippage, settings.commission = user["slippage"], user["commission"]
    settings.cancel_policy, settings.latency = user["cancel_policy"], user["latency"]
    settings.borrow, settings.financing, settings.rollover = user["carrying"]
    settings.account, settings.margin_by_range = user["account"]
    # those who have these lists keep them
    parts.gate.controls[:], settings.account_controls[:] = user["controls"], user["account_controls"]
    run.market.restrictions, run.market.fetched = user["restrictions"], user["fetched"]
    run.market.terms = user.get("terms", [])  # snapshots of before have none
    run.recorded.update(user["recorded"])
    for registered in user["schedules"]:
        run.schedules.add(registered)


def _restore_plain(parts: Prepared, loop: Loop, state: dict[str, Any], of: Loop | None) -> None:
    run, settings = parts.run, parts.settings
    instruments = run.account.instruments
    run.phase.phase = sys.intern(state["phase"])
    run.lookup.day = state["look_up_day"]
    settings.benchmark = None if state["benchmark"] is None else run.market.version.asset(state["benchmark"])
    run.lookup.labels.restore(state["labels"])
    run.notes.restore(state["notes"])
    run.account.flows.restore(state["flows"])
    run.books.restore(state["books"])
    run.book.restore(state["orders"], instruments, of.run.book if of else None)
    if run.converter is not None:
        run.converter.restore(state["converter"])
    loop.ledger.restore(state["ledger"], instruments, of.ledger if of else None)
    loop.actions.restore(state["actions"], instruments)
    if loop.carrying is not None:
        loop.carrying.restore(state["carrying"])
    loop.recorder.restore(state["recorder"], of.recorder if of else None)
    loop.cursor.restore(state["cursor"])
    loop.over, loop.complete = state["over"]
    if state["wire"] is not None:
        (loop.wire or wire_between_bars(loop)).restore(state["wire"])  # type: ignore[union-attr]  # as when it was saved
    if loop.tell is not None:
        loop.tell.told = state["told"]
    loop.simulated.went_on(loop.cursor.bar - 1)
    under_way = loop.cursor.phase is not Phase.OPEN and not loop.over
    loop.timetable.restore(state["timetable"], loop.cursor.session if under_way else None)


def _plain_state(parts: Prepared, loop: Loop, *, whole: bool) -> dict[str, Any]:
    """whole: else without what happened up to now."""
    run, benchmark = parts.run, parts.settings.benchmark
    return {
        "run": {
            "data_frequency": parts.market.data_frequency,
            "at_hand": parts.market.at_hand,
            "callbacks": [name for name in CALLED if getattr(parts.callbacks, name)],
        },
        "market": run.market.state(),
        "cursor": loop.cursor.state(),
        "over": (loop.over, loop.complete),
        "told": None if loop.tell is None else loop.tell.told,
        "wire": None if loop.wire is None else loop.wire.state(),
        "phase": run.phase.phase,
        "look_up_day": run.lookup.day,
        "benchmark": None if benchmark is None else benchmark.sid,
        "labels": run.lookup.labels.state(),
        "notes": run.notes.state(),
        "pockets": run.books.pockets(),
        "books": run.books.state(),
        "orders": run.book.state(whole=whole),
        "flows": run.account.flows.state(),
        "converter": None if run.converter is None else run.converter.state(),
        "ledger": loop.ledger.state(whole=whole),
        "actions": loop.actions.state(),
        "carrying": None if loop.carrying is None else loop.carrying.state(),
        "recorder": loop.recorder.state(whole=whole),
        "timetable": loop.timetable.state(),
    }


def _user_state(parts: Prepared, loop: Loop, names: Names) -> dict[str, Any]:
    run, settings = parts.run, parts.settings
    return {
        "context": vars(parts.context),
        "owners": [vars(owner) for owner in names.owners],
        "slippage": settings.slippage,
        "commission": settings.commission,
        "cancel_policy": settings.cancel_policy,
        "latency": settings.latency,
        "controls": parts.gate.controls,
        "account_controls": settings.account_controls,
        "carrying": (settings.borrow, settings.financing, settings.rollover),
        "account": (settings.account, settings.margin_by_range),
        "restrictions": run.market.restrictions,
        "metrics": loop.copies.metrics,
        "hooks": None if loop.hooks is None else loop.hooks.state(),
        "schedules": list(run.schedules),
        # the next moment of an interval is kept by it
        "timers": [timer for timer in loop.agenda.timers if not isinstance(timer.action, Tick)],
        "fetched": run.market.fetched,
        "terms": run.market.terms,
        "recorded": run.recorded,
        "rows": loop.recorder.recorded,
        "broker": loop.broker.saved() if isinstance(loop.broker, CheckedBroker) else None,
    }
