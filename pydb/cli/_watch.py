"""One run of a procedure with progress on stderr and an orderly stop on a signal.

The procedure runs in a thread on a connection of its own; this thread polls ``pydb.job_run`` for the runs of
the request on a second connection. A signal, or any trouble here, makes the server cancel the procedure; then
we wait until it has ended, so that what is shown is what was done.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from pydb import db, runs
from pydb.cli import _output
from pydb.errors import DatabaseUnavailable, PydbError, RunBlocked, RunFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.progress import Progress, TaskID

    from pydb.db import Connection
    from pydb.runs import Run, Summary

POLL_SECONDS = 0.25
LINE_SECONDS = 10.0
_CANCEL_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call of the procedure did."""

    request: UUID
    runs: list[Run]
    interrupted: bool
    seconds: float
    next_steps: list[Summary]
    """Those of the runs after which something is to be done."""


class _Stop:
    """Whether a signal asked us to stop.

    No ``threading.Event``: its lock is not reentrant, and a signal that arrives in the handler of the one
    before would wait for it for ever.
    """

    def __init__(self) -> None:
        self._asked = False

    def set(self) -> None:
        self._asked = True

    def is_set(self) -> bool:
        return self._asked


class _Call(threading.Thread):
    """The procedure, in a thread; ``error`` is what it raised."""

    def __init__(self, conn: Connection, procedure: Callable[[UUID], None], request: UUID) -> None:
        super().__init__(name="procedure", daemon=True)
        self.ended = threading.Event()
        self.error: Exception | None = None
        self._conn, self._procedure, self._request = conn, procedure, request

    def run(self) -> None:
        try:
            self._procedure(self._request)
        except Exception as error:
            self.error = error
        finally:
            self.ended.set()

    def stop(self) -> None:
        """Cancel and wait; again only after a while: one cancel is enough, unless it came before the call."""
        while not self.ended.is_set():
            db.cancel(self._conn)
            self.ended.wait(_CANCEL_SECONDS)


class _Reporter:
    """Progress bars on a terminal, a line every ten seconds elsewhere."""

    def __init__(self) -> None:
        self._console = _output.stderr_console()
        self._bars: Progress | None = None
        self._tasks: dict[int, TaskID] = {}
        self._spoken = time.monotonic()

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        if not self._console.is_terminal:
            yield
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self._console) as self._bars:
            yield

    def update(self, runs: Sequence[Run]) -> None:
        if self._bars is not None:
            for run in runs:
                if run.id not in self._tasks:
                    self._tasks[run.id] = self._bars.add_task(_output.safe(run.subject), total=None, rate="")
                done, total, _ = _figures(run)
                self._bars.update(self._tasks[run.id], completed=done, total=total, rate=_rate(run))
        elif time.monotonic() - self._spoken >= LINE_SECONDS:
            self._spoken = time.monotonic()
            for run in runs:
                if run.live:
                    done, total, unit = _figures(run)
                    planned = "?" if total is None else f"{total:,}"
                    _output.say(f"{run.subject}: {done:,} of {planned} {unit}, {_rate(run)}")


def follow(conn: Connection, watcher: Connection, procedure: Callable[[UUID], None], *, kind: str) -> Outcome:
    """Run ``procedure``, which uses ``conn``, and watch its runs over ``watcher`` until it has ended.

    ``kind`` is that of its runs. A failed or blocked run is part of the outcome; any other error is raised.
    """
    request = uuid4()
    call = _Call(conn, procedure, request)
    started = time.monotonic()
    with _signals() as stop:
        call.start()
        try:
            _watch(call, watcher, request, stop)
        finally:
            call.stop()
    if stop.is_set() and isinstance(call.error, PydbError) and call.error.sqlstate == "57014":
        runs.note_cancelled(conn, request, kind)
    found = runs.runs_of_request(watcher, request)
    told = isinstance(call.error, RunFailed | RunBlocked) or stop.is_set()
    if isinstance(call.error, DatabaseUnavailable) and call.error.hint is None:
        call.error.hint = f"what was committed stays done; see: pydb runs list --kind {kind}"
    if (
        call.error is not None
        and not (told and found)
        and not (stop.is_set() and isinstance(call.error, PydbError))
    ):
        raise call.error
    interrupted = stop.is_set() and (call.error is not None or not found)  # else it came too late to matter
    seconds = time.monotonic() - started
    open_ends = [run.id for run in found if run.state != "completed"]
    steps = [one for one in runs.summaries(watcher, open_ends) if one.next_step] if open_ends else []
    return Outcome(request, found, interrupted, seconds, steps)


def _watch(call: _Call, watcher: Connection, request: UUID, stop: _Stop) -> None:
    reporter = _Reporter()
    with reporter.shown():
        while not call.ended.wait(POLL_SECONDS):
            if stop.is_set():
                _output.say("stopping: the batch in progress is rolled back …")
                call.stop()
            reporter.update(runs.runs_of_request(watcher, request))
        reporter.update(runs.runs_of_request(watcher, request))


@contextlib.contextmanager
def _signals() -> Iterator[_Stop]:
    """A flag that SIGINT, SIGTERM and SIGHUP set, as often as they come, instead of ending the process."""
    stop = _Stop()
    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # what is ignored stays ignored: nohup
    heard = [number for number in wanted if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in heard}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _figures(run: Run) -> tuple[int, int | None, str]:
    """How much is done, of how much, of what: rows, or the references of a scan."""
    references = run.detail.get("references")
    if isinstance(references, int):
        return int(str(run.detail.get("finished", 0))), references, "references"
    return run.rows_done, run.rows_planned, "rows"


def _rate(run: Run) -> str:
    seconds = (run.heartbeat_at - run.started_at).total_seconds()
    rows = int(str(run.detail.get("checked_rows", 0))) if "references" in run.detail else run.rows_done
    return f"{rows / seconds:,.0f} rows/s" if seconds > 0 else ""
