"""Processes that run trials: started anew, given the job once, replaced where one dies or takes too long."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Final, Self, cast

from rustybt.errors import InputError
from rustybt.optimize._evaluate import Job, Outcome, evaluate

THREADS: Final = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
"""One thread each: the workers are what runs side by side."""
ATTEMPTS: Final = 3
"""How often a trial is given to a worker that dies of it."""

GRACE: Final = 0.5
"""Seconds that a process which closed its line has to end by itself, so that its exit code is its own."""

type Asked = tuple[int, Mapping[str, Any]]
type Answered = tuple[int, Outcome]


@dataclass
class _Worker:
    """asked: what it was given, and how often that was. ready: it has begun to work, so that its time runs."""

    process: Any
    line: Connection
    asked: tuple[Asked, int] | None = None
    until: float | None = None
    ready: bool = False


@dataclass
class Workers:
    """So many processes. Used as a context: they are gone at its end.

    time_limit: seconds of wall time that a trial may take. memory_limit: MiB that a process may have.
    """

    job: bytes
    count: int
    time_limit: float | None = None
    memory_limit: int | None = None
    _all: list[_Worker] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._all:
            _end(worker)
        self._all.clear()

    def run(self, asked: Iterable[Asked], outcomes: int) -> Iterator[Answered]:
        """The outcomes of trials, as they come. outcomes: how many objectives there are, for those that fail.

        A worker that dies gives its trial to another, three times at most; one that takes too long is killed.
        """
        waiting = deque((one, 1) for one in asked)
        nothing = (None,) * outcomes
        left = len(waiting)
        while left:
            for worker in self._free(min(self.count, left)):
                if waiting:
                    self._give(worker, *waiting.popleft())
            for worker, (one, attempt), outcome in self._heard():
                told = outcome
                if outcome is None:
                    self._all.remove(worker)
                    if worker.line.closed or worker.until is None or time.monotonic() < worker.until:
                        worker.process.join(GRACE)
                    _end(worker)
                    late = worker.until is not None and time.monotonic() >= worker.until
                    if not late and attempt < ATTEMPTS:
                        waiting.appendleft((one, attempt + 1))
                        continue
                    told = Outcome(nothing, error=self._why(worker, late))
                left -= 1
                yield one[0], cast(Outcome, told)

    def _free(self, count: int) -> list[_Worker]:
        """Workers with nothing to do, new ones among them."""
        while len(self._all) < count:
            self._all.append(self._started())
        return [worker for worker in self._all if worker.asked is None]

    def _started(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=_work, args=(there, self.job, self.memory_limit), daemon=True)
        with _one_thread_each():
            process.start()
        there.close()
        return _Worker(process, here)

    def _give(self, worker: _Worker, one: Asked, attempt: int) -> None:
        worker.asked = one, attempt
        worker.until = self._deadline() if worker.ready else None
        with contextlib.suppress(BrokenPipeError, ConnectionError):  # it is dead, which is heard next
            worker.line.send(one)

    def _deadline(self) -> float | None:
        return None if self.time_limit is None else time.monotonic() + self.time_limit

    def _heard(self) -> list[tuple[_Worker, tuple[Asked, int], Outcome | None]]:
        """Workers that have answered, and what; None for one that died or was given no more time."""
        busy = [(worker, worker.asked) for worker in self._all if worker.asked is not None]
        times = [worker.until for worker, _ in busy if worker.until is not None]
        patience = max(0.0, min(times) - time.monotonic()) if times else None
        lines, ends = [worker.line for worker, _ in busy], [worker.process.sentinel for worker, _ in busy]
        ready = set(wait([*lines, *ends], patience))
        now = time.monotonic()
        found: list[tuple[_Worker, tuple[Asked, int], Outcome | None]] = []
        for worker, asked in busy:
            outcome: Outcome | None = None
            if worker.line in ready:
                with contextlib.suppress(EOFError, ConnectionError):
                    outcome = worker.line.recv()
                    if not worker.ready:  # the first word of a worker
                        worker.ready, worker.until = True, self._deadline()
                        continue
            late = worker.until is not None and now >= worker.until
            if worker.line in ready or worker.process.sentinel in ready or late:
                worker.asked = None
                found.append((worker, asked, outcome))
        return found

    def _why(self, worker: _Worker, late: bool) -> str:
        if late:
            return f"TimedOut: it took more than {self.time_limit:g} s"
        code = worker.process.exitcode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        never = ", before it began: a script that searches with workers does so under if __name__ == '__main__':"
        return f"WorkerDied: the process ended with {how}, {ATTEMPTS} times{'' if worker.ready else never}"


def _end(worker: _Worker) -> None:
    worker.line.close()
    worker.process.kill()
    worker.process.join()


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Within it, processes are started with one thread for each library."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _work(line: Connection, job: bytes, memory_limit: int | None) -> None:
    """What a worker does until its line is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that is interrupted is the parent
    if memory_limit is not None:
        _limit_memory(memory_limit)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    given: Job = pickle.loads(job)
    with contextlib.suppress(EOFError, ConnectionError):
        line.send(None)
        while True:
            number, params = line.recv()
            del number
            try:
                outcome = evaluate(given, params)
            except MemoryError as error:
                outcome = Outcome((None,) * len(given.objectives), error=f"OutOfMemory: {error}")
            line.send(outcome)


def _end_with_parent() -> None:
    """A trial that never ends goes where the search is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _limit_memory(mebibytes: int) -> None:
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (mebibytes * 2**20, mebibytes * 2**20))


def pickled(job: Job) -> bytes:
    """A job for other processes. Raises InputError naming what can't go there, and a way."""
    for name, part in (("strategy", job.callbacks), ("objective", job.objectives), ("options", job.options)):
        try:
            data = pickle.dumps(part)
            if b"__main__" in data and not _main_is_a_file():
                raise pickle.PicklingError("it was defined in a notebook or at a prompt")
        except Exception as error:  # noqa: BLE001  pickling runs whatever the objects define
            raise InputError(
                f"The {name} of this search can't go to other processes: {error}. Put it at the top of a file of its "
                "own, and import it or name the file; or search with workers=1."
            ) from None
    return pickle.dumps(job)


def _main_is_a_file() -> bool:
    import __main__

    return getattr(__main__, "__file__", None) is not None
