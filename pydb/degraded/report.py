"""Counts of degraded answers for the database, in batches, from a thread of its own.

It slows no request and fails none: what cannot be reported now is reported with the next batch. What is kept
for it is a number for each provider and reason, however long the database is away.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pydb import db
from pydb.degraded import tally
from pydb.errors import DatabaseUnavailable, PydbError

if TYPE_CHECKING:
    from pydb.db import Connection

LOG: Final = logging.getLogger("pydb.degraded")
Connect = Callable[[], "Connection"]
# of the process, whichever reporter it was
_TOLD: Final[dict[tuple[str, str], int]] = {}
_FLUSHING: Final = threading.Lock()


class Reporter:
    """Reports the counts of this process every so many seconds, and at its end."""

    def __init__(
        self, dsn: str | None = None, *, connect: Connect | None = None, every: float = 10.0
    ) -> None:
        self._connect = connect or (lambda: db.connect(dsn))
        self._every = every
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.trouble: PydbError | None = None

    def start(self) -> None:
        """Begin; what was counted before is reported too."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="pydb degraded report", daemon=True)
            self._thread.start()
            atexit.register(self.stop)

    def stop(self, timeout: float = 3.0) -> None:
        """Report what is left, within ``timeout`` seconds, and end."""
        self._stopping.set()
        atexit.unregister(self.stop)
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None

    def flush(self) -> int:
        """Report now; returns how many degraded answers that were. Raises :class:`~pydb.errors.PydbError`."""
        with _FLUSHING:
            now = tally.counts()
            new = {key: calls - _TOLD.get(key, 0) for key, calls in now.items()}
            batch: list[dict[str, object]] = [
                {"provider": provider, "reason_code": reason, "calls": calls}
                for (provider, reason), calls in sorted(new.items())
                if calls
            ]
            if not batch:
                return 0
            with self._connect() as conn:
                db.call_value(conn, "degraded_report", p_counts=batch)
            _TOLD.update(now)
            return sum(new.values())

    def _run(self) -> None:
        is_over = False
        while not is_over:
            is_over = self._stopping.wait(self._every)
            try:
                self.flush()
                self.trouble = None
            except PydbError as error:
                if self.trouble is None or not isinstance(error, DatabaseUnavailable):
                    LOG.warning("degraded answers are not reported: %s", error.message)
                self.trouble = error


_REPORTERS: Final[list[Reporter]] = []


def report_to(dsn: str | None = None, *, every: float = 10.0) -> Reporter:
    """Report what this process counts to a database that has pydb: ``dsn``, else as the environment says.

    The role needs EXECUTE on ``pydb.degraded_report`` (``pydb_app`` has it). One process, one reporter: a
    second call ends the first.
    """
    while _REPORTERS:
        _REPORTERS.pop().stop()
    found = Reporter(dsn, every=every)
    found.start()
    _REPORTERS.append(found)
    return found
