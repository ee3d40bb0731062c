"""The carrier: takes rows at once, and writes them by COPY, in batches, from a thread of its own.

What is kept in memory is bounded; what finds no room is dropped and counted. At any time
``taken == written + dropped + waiting``.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from pydb import bulk, db
from pydb.errors import DatabaseUnavailable, PydbError, UsageError
from pydb.telemetry import rows

if TYPE_CHECKING:
    from datetime import datetime

    from pydb.db import Connection

LOG: Final = logging.getLogger("pydb.telemetry")
Connect = Callable[[], "Connection"]

CAPACITY: Final = 20_000
BATCH: Final = 2_000
EVERY: Final = 1.0
_RETRY_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_EXTEND_SECONDS: Final = 3600.0
_STATEMENT: Final = "10s"
_HURRIED_SECONDS: Final = 0.2
_BAD_ROW: Final = ("22", "23")
"""Classes of SQLSTATE that a row is to blame for: it is refused however often it is sent."""


class _Row(NamedTuple):
    table: str
    at: float
    values: tuple[object, ...]


class Carrier:
    """Carries rows of ``schema`` to the database; what they are is the matter of a subclass."""

    def __init__(
        self, connect: Connect, *, schema: str, service: str | None, capacity: int, batch: int, every: float
    ) -> None:
        if not 1 <= batch <= capacity or every <= 0:
            raise UsageError(
                f"capacity is {capacity}, batch is {batch}, every is {every}",
                detail="a batch has 1 row or more and fits into the capacity; every is positive",
                hint=f"leave them out: {CAPACITY}, {BATCH}, {EVERY}",
            )
        self.schema, self.service = schema, service
        self._connect = connect
        self._capacity = capacity
        self._size = batch
        self._every = every
        self._begin()
        _CARRIERS.add(self)

    def _begin(self) -> None:
        """The state of a process that has recorded nothing; also that of a child after a fork."""
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._settled = threading.Condition(self._lock)
        self._queue: deque[_Row] = deque()
        self._batch: list[_Row] = []
        self._thread: threading.Thread | None = None
        self._hurry = threading.Event()
        self._hurried = 0
        self._is_closed = False
        self._taken = self._written = 0
        self._queued = self._done = 0
        self._dropped: Counter[str] = Counter()
        self._trouble: PydbError | None = None
        self._doubt: tuple[str, list[_Row]] | None = None
        self._extended_at: float | None = None

    def flush(self, timeout: float = 5.0) -> bool:
        """Write what there is; False if some of it is still in memory after ``timeout`` seconds."""
        with self._lock:
            target = self._queued
            self._hurried += 1
            self._wake.set()
            self._hurry.set()
            try:
                return self._settled.wait_for(lambda: self._done >= target, timeout)
            finally:
                self._hurried -= 1

    def close(self, timeout: float = 5.0) -> bool:
        """Write what there is and end; what is not written in time is dropped. True if nothing was."""
        end = time.monotonic() + timeout
        self.flush(timeout)
        with self._lock:
            self._is_closed = True
            self._wake.set()
            self._hurry.set()
            lost = len(self._queue) + len(self._batch)
            self._dropped["shutdown"] += len(self._queue)
            # in the hands of a thread that waits for the database: it may still be written
            self._dropped["unknown"] += len(self._batch)
            self._done += lost
            self._queue.clear()
            self._batch = []
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(max(end - time.monotonic(), 0.1))
        if lost:
            LOG.warning("%d rows of telemetry were not written at the end", lost)
        _CARRIERS.discard(self)
        return not lost

    def _add(self, table: str, values: tuple[object, ...]) -> None:
        row = _Row(table, time.monotonic(), values)
        with self._lock:
            self._taken += 1
            if self._is_closed:
                self._dropped["closed"] += 1
                return
            if len(self._queue) + len(self._batch) >= self._capacity:
                self._dropped["full"] += 1
                return
            self._queue.append(row)
            self._queued += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pydb telemetry", daemon=True)
                self._thread.start()
            if len(self._queue) >= self._size and not self._wake.is_set():
                self._wake.set()

    def _run(self) -> None:
        conn: Connection | None = None
        failures = 0
        while not self._is_closed:
            if failures:
                self._pause(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS)) - 1])
            else:
                self._wait()
            is_due = not failures
            try:
                while self._take(is_due=is_due):
                    if conn is None or conn.closed:
                        conn = self._connect()
                    self._extend(conn)
                    self._write(conn)
                    failures = self._well(failures)
                    is_due = False  # what came meanwhile waits for its own time, or until it is a batch
            except Exception as error:  # whatever it is: without this thread nothing is written any more
                failures += 1
                self._tell(error, failures)
                _close(conn)
                conn = None
        _close(conn)

    def _wait(self) -> None:
        """Until a batch is full, somebody is in a hurry, or what there is has waited long enough."""
        while not self._wake.wait(self._every):
            if self._queue:
                return
        self._wake.clear()

    def _pause(self, seconds: float) -> None:
        """After a failure; while somebody waits for it not for long."""
        self._hurry.clear()
        self._hurry.wait(min(seconds, _HURRIED_SECONDS) if self._hurried else seconds)

    def _take(self, *, is_due: bool) -> bool:
        """Make the next batch, or keep the one that was not written; False if there is nothing to write."""
        with self._lock:
            if self._is_closed:
                return False
            if not self._batch and (is_due or self._hurried or len(self._queue) >= self._size):
                self._batch = [self._queue.popleft() for _ in range(min(self._size, len(self._queue)))]
            return bool(self._batch)

    def _extend(self, conn: Connection) -> None:
        """Have the next partitions made, where this role may; else the schedule does."""
        now = time.monotonic()
        if self._extended_at is not None and now - self._extended_at < _EXTEND_SECONDS:
            return
        try:
            db.call_procedure(conn, "telemetry_run", p_name=self.schema)
        except DatabaseUnavailable:
            raise
        except PydbError as error:
            LOG.debug("partitions are left to the schedule: %s", error.message)
        self._extended_at = now

    def _write(self, conn: Connection) -> None:
        """Write the batch; what the database refuses of it is told apart and dropped."""
        self._decide(conn)
        parts = [self._batch]
        while parts:
            part = parts.pop()
            if not part:
                continue
            try:
                self._copy(conn, part)
            except Exception as error:
                if isinstance(error, PydbError) and not _blames_a_row(error):
                    raise
                if len(part) > 1:
                    half = len(part) // 2
                    parts += [part[half:], part[:half]]
                    continue
                LOG.warning("a row of %s is refused: %s", part[0].table, _said(error).message)
                self._settle(part, "refused")
            else:
                self._settle(part)

    def _copy(self, conn: Connection, part: list[_Row]) -> None:
        sent = time.monotonic()
        xid: str | None = None
        try:
            with db.transaction(conn):
                (begun,) = db.read(conn, "telemetry_begin", timeout=_STATEMENT)
                now = cast("datetime", begun["now"])
                for table, columns in rows.COLUMNS.items():
                    # the server's time, by a clock that nobody sets
                    found = [
                        (now - timedelta(seconds=sent - row.at), self.service, *row.values)
                        for row in part
                        if row.table == table
                    ]
                    if found:
                        into = ("recorded_at", "service.name", *columns)
                        bulk.copy_rows(conn, self.schema, table, into, found)
                # a connection that breaks from here on leaves open whether it was committed
                xid = str(begun["xid"])
        except DatabaseUnavailable:
            if xid is not None:
                self._doubt = xid, part
            raise

    def _decide(self, conn: Connection) -> None:
        """Ask the server what became of a COMMIT in which the connection broke."""
        if self._doubt is None:
            return
        xid, part = self._doubt
        try:
            (found,) = db.read(conn, "telemetry_outcome", xid=xid)
            status = found["status"]
        except DatabaseUnavailable:
            raise
        except PydbError:  # another server, which has not come to that number
            status = None
        if status == "in progress":
            raise DatabaseUnavailable("the server has not yet ended a transaction whose connection broke")
        self._doubt = None
        if status != "aborted":
            self._settle(part, None if status == "committed" else "unknown")

    def _settle(self, part: list[_Row], reason: str | None = None) -> None:
        """The first rows of the batch are written, or dropped for a reason."""
        with self._lock:
            if self._is_closed:  # whoever closed has counted them
                return
            self._batch = self._batch[len(part) :]
            self._done += len(part)
            if reason is None:
                self._written += len(part)
            else:
                self._dropped[reason] += len(part)
            self._settled.notify_all()

    def _well(self, failures: int) -> int:
        with self._lock:
            self._trouble = None
            full = self._dropped["full"]
        if failures:
            LOG.info("telemetry is written again; rows that found no room so far: %d", full)
        return 0

    def _tell(self, error: Exception, failures: int) -> None:
        trouble = _said(error)
        with self._lock:
            self._trouble = trouble
        if failures == 1:
            LOG.warning("telemetry is not written: %s", trouble.message)


def _said(error: Exception) -> PydbError:
    return error if isinstance(error, PydbError) else PydbError(f"{type(error).__name__}: {error}")


def _blames_a_row(error: PydbError) -> bool:
    """Whether it comes again however often it is tried: a value of the wrong kind, a constraint."""
    if isinstance(error, DatabaseUnavailable):
        return False
    return error.sqlstate is None or error.sqlstate[:2] in _BAD_ROW


def _close(conn: Connection | None) -> None:
    if conn is not None:
        with suppress(Exception):
            conn.close()


_CARRIERS: Final[weakref.WeakSet[Carrier]] = weakref.WeakSet()


def _close_all() -> None:
    """At the end of the process."""
    for carrier in list(_CARRIERS):
        carrier.close()


def _begin_all() -> None:
    """In a child: what is in memory, the thread and the connection are the parent's."""
    for carrier in list(_CARRIERS):
        carrier._begin()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_begin_all)
