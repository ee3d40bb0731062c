"""The publisher: gives events that were committed their positions, a batch at a time, and rings once a batch.

Any number of them may run, in any number of processes: the row of ``pydb_internal.event_head`` lets one work.
All state is in the database, so one may be killed at any moment.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pydb import db
from pydb.errors import DatabaseUnavailable, PydbError, ReadOnlyServer

if TYPE_CHECKING:
    from pydb.db import Connection

Connect = Callable[[], "Connection"]
Notify = Callable[[str], None]

BUSY_SECONDS: Final = 0.05
"""Between two looks while events come."""
IDLE_SECONDS: Final = 0.2
"""Between two looks where none came for five seconds; also where another publisher is at work."""
_RETRY_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_WATCH_SECONDS: Final = 15.0
_HEALTH_SECONDS: Final = 60.0
"""Between two looks at health, and before the first."""
_HEALTH_BOUND: Final = 10.0
"""Longest time that such a look may take, in seconds."""


class Publisher:
    """Publishes until it is told to stop, over connections of its own.

    ``run`` is the loop, for a process of its own; ``start`` and ``stop`` run it in a thread. ``notify`` gets
    a sentence where the database is gone, and where it is back.
    """

    def __init__(
        self, dsn: str | None = None, *, connect: Connect | None = None, notify: Notify | None = None
    ) -> None:
        self._connect = connect or (lambda: db.connect(dsn))
        self._notify = notify or (lambda _line: None)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_working = False
        self.published = 0
        self.trouble: PydbError | None = None

    def start(self) -> None:
        """Publish in a thread from now on."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self.run, name="pydb events publisher", daemon=True)
            self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """End the loop; the batch that it is at is finished."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None

    def run(self) -> None:
        """Publish until :meth:`stop`, or until an error that waiting does not cure."""
        ended = threading.Event()
        # health takes its time, and no event waits for that
        threading.Thread(
            target=self._tell_health, args=(ended,), name="pydb events health", daemon=True
        ).start()
        try:
            self._run()
        finally:
            ended.set()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                with self._connect() as conn:
                    if failures:
                        self._notify("the database is back")
                    failures, self.trouble = 0, None
                    self._loop(conn)
            except PydbError as error:
                self.trouble = error
                if not isinstance(error, DatabaseUnavailable | ReadOnlyServer):
                    raise
                if failures == 0:
                    self._notify(f"{error.message}; trying again")
                self._stopping.wait(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])
                failures += 1

    def once(self, conn: Connection) -> int:
        """Publish what can be published now; returns how many events that were."""
        total = 0
        while found := publish_batch(conn):
            total += found
        watch(conn)
        self.published += total
        return total

    def _loop(self, conn: Connection) -> None:
        active, watched = time.monotonic(), 0.0
        while not self._stopping.is_set():
            found = publish_batch(conn)
            self._is_working = found is not None
            now = time.monotonic()
            if found:
                self.published += found
                active = now
                continue
            if now - watched > _WATCH_SECONDS:
                watched = now
                watch(conn)
            is_idle = found is None or now - active > 5.0
            self._stopping.wait(IDLE_SECONDS if is_idle else BUSY_SECONDS)

    def _tell_health(self, ended: threading.Event) -> None:
        while not ended.wait(_HEALTH_SECONDS) and not self._stopping.is_set():
            if self._is_working:
                # a look that fails is made again; that the database is gone is said by the loop
                with contextlib.suppress(PydbError), self._connect() as conn, db.bounded(conn, _HEALTH_BOUND):
                    tell_health(conn)


def publish_batch(conn: Connection) -> int | None:
    """One batch: how many events were published; None while another publisher is at it."""
    found = db.call_value(conn, "pydb_internal.event_publish_batch")
    return None if found is None else int(str(found))


def watch(conn: Connection) -> bool:
    """What is to be done once a minute, by whichever publisher comes first; False if it was not due."""
    return bool(db.call_value(conn, "pydb_internal.event_watch"))


def tell_health(conn: Connection) -> int:
    """Write an event for each component of health that is not what it was; returns how many."""
    return int(str(db.call_value(conn, "pydb_internal.health_watch")))
