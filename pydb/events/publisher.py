"""The publisher: gives events that were committed their positions, a batch at a time, and rings once a batch.

Any number of them may run, in any number of processes: the row of ``pydb_internal.event_head`` lets one work.
All state is in the database, so one may be killed at any moment.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pydb import db
from pydb.errors import DatabaseUnavailable, MissingPrivilege, PydbError, UsageError

if TYPE_CHECKING:
    from pydb.db import Connection

Connect = Callable[[], "Connection"]
Notify = Callable[[str], None]

BUSY_SECONDS: Final = 0.05
"""Between two looks while events come."""
IDLE_SECONDS: Final = 0.2
"""Between two looks where none came for five seconds; also where another publisher is at work."""
BEHIND_SECONDS: Final = 10.0
"""A publisher that has not been able to look for so long is behind."""
_RETRY_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
# what somebody has to mend is tried again for as long, but seldom
_SELDOM_SECONDS: Final = (1.0, 5.0, 15.0, 30.0)
_WATCH_SECONDS: Final = 15.0
_HEALTH_SECONDS: Final = 60.0
"""Between two looks at health, and before the first."""
_HEALTH_BOUND: Final = 10.0
"""Longest time that such a look may take, in seconds."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A publisher that cannot publish: since when, and what the last attempt said."""

    since: datetime
    why: str


class Publisher:
    """Publishes until it is told to stop, over connections of its own.

    ``run`` is the loop, for a process of its own; ``start`` and ``stop`` run it in a thread. ``notify`` gets
    a sentence where it cannot publish any more, and where it can again.
    """

    def __init__(
        self, dsn: str | None = None, *, connect: Connect | None = None, notify: Notify | None = None
    ) -> None:
        self._connect = connect or (lambda: db.connect(dsn))
        self._notify = notify or (lambda _line: None)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_working = False
        self._failures = 0
        self._told: str | None = None
        self._watched = 0.0
        self._looked_at = time.time()
        self.published = 0
        self.trouble: PydbError | None = None

    def start(self) -> None:
        """Publish in a thread from now on, whatever happens; see :meth:`behind`."""
        if self._thread is None:
            self._stopping.clear()
            self._looked_at = time.time()
            self._thread = threading.Thread(target=self._always, name="pydb events publisher", daemon=True)
            self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """End the loop; the batch that it is at is finished."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None

    def run(self) -> None:
        """Publish until :meth:`stop`.

        What passes is waited for. Raises what somebody has to mend first: a missing privilege, a database
        without pydb (:class:`~pydb.errors.MissingPrivilege`, :class:`~pydb.errors.UsageError`).
        """
        self._work(is_alone=True)

    def behind(self) -> Behind | None:
        """Since when it has not been able to look for events, and why; None where all is well.

        A look that takes long, as behind a lock, counts as one that cannot be made.
        """
        since, trouble = self._looked_at, self.trouble
        if trouble is None and time.time() - since < BEHIND_SECONDS:
            return None
        why = "a look takes long" if trouble is None else _sentence(trouble)
        return Behind(datetime.fromtimestamp(since, UTC), why)

    def _always(self) -> None:
        self._work(is_alone=False)

    def _work(self, *, is_alone: bool) -> None:
        ended = threading.Event()
        # health takes its time, and no event waits for that
        threading.Thread(
            target=self._tell_health, args=(ended,), name="pydb events health", daemon=True
        ).start()
        try:
            self._run(is_alone=is_alone)
        finally:
            ended.set()

    def _run(self, *, is_alone: bool) -> None:
        while not self._stopping.is_set():
            try:
                with self._connect() as conn:
                    self._loop(conn)
            except Exception as error:
                is_lasting = isinstance(error, UsageError | MissingPrivilege)
                if is_alone and is_lasting:
                    raise
                self._is_working = False
                self.trouble = (
                    error
                    if isinstance(error, PydbError)
                    else PydbError(f"events cannot be published: {type(error).__name__}")
                )
                self._tell(f"{_sentence(self.trouble)}; trying again")
                steps = _SELDOM_SECONDS if is_lasting else _RETRY_SECONDS
                # many that lost the same server do not all come back at once
                step = steps[min(self._failures, len(steps) - 1)] * random.uniform(0.5, 1.0)  # noqa: S311
                self._failures += 1
                self._stopping.wait(step)

    def once(self, conn: Connection) -> int:
        """Publish what can be published now; returns how many events that were."""
        total = 0
        while found := publish_batch(conn):
            total += found
        watch(conn)
        self.published += total
        return total

    def _loop(self, conn: Connection) -> None:
        active = time.monotonic()
        while not self._stopping.is_set():
            found = publish_batch(conn)
            self._well()
            self._is_working = found is not None
            now = time.monotonic()
            if found:
                self.published += found
                active = now
                continue
            if now - self._watched > _WATCH_SECONDS:
                self._watched = now
                self._watch(conn)
            is_idle = found is None or now - active > 5.0
            self._stopping.wait(IDLE_SECONDS if is_idle else BUSY_SECONDS)

    def _watch(self, conn: Connection) -> None:
        try:
            watch(conn)
        except DatabaseUnavailable:
            raise
        except PydbError as error:  # what is done once a minute keeps no event from being published
            self._tell(f"{_sentence(error)}; events are published, old ones stay")

    def _well(self) -> None:
        self._looked_at = time.time()
        if self._failures:
            self._failures, self.trouble, self._told = 0, None, None
            self._say("the database is back")

    def _tell(self, line: str) -> None:
        if line != self._told:
            self._told = line
            self._say(line)

    def _say(self, line: str) -> None:
        with contextlib.suppress(Exception):  # whoever is told may be gone
            self._notify(line)

    def _tell_health(self, ended: threading.Event) -> None:
        while not ended.wait(_HEALTH_SECONDS) and not self._stopping.is_set():
            if self._is_working:
                # a look that fails is made again; that the database is gone is said by the loop
                with (
                    contextlib.suppress(PydbError),
                    self._connect() as conn,
                    db.translated(conn),
                    db.bounded(conn, _HEALTH_BOUND),
                ):
                    tell_health(conn)


def _sentence(error: PydbError) -> str:
    return error.message if error.detail is None else f"{error.message}: {error.detail}".rstrip(".")


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
