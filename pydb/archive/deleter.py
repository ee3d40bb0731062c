"""The run that deletes, in a thread of its own, while this one writes files."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pydb import db

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydb.db import Connection


class Ended:
    """Whether something has ended; set once, by another thread.

    No ``threading.Event``: a signal that breaks into its wait can leave its lock taken, and who sets it then
    waits for ever.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._lock = threading.Lock()
        self._lock.acquire()

    def set(self) -> None:
        """It has ended."""
        self._is_set = True
        self._lock.release()

    def is_set(self) -> bool:
        """Whether it has."""
        return self._is_set

    def wait(self, seconds: float) -> bool:
        """Wait for it so long at most; whether it has."""
        if not self._is_set and self._lock.acquire(timeout=seconds):
            self._lock.release()
        return self._is_set


class Deleter(threading.Thread):
    """The run that deletes, in a thread."""

    def __init__(self, conn: Connection, procedure: str, arguments: Mapping[str, object]) -> None:
        super().__init__(name="export", daemon=True)
        self.ended = Ended()
        self.error: Exception | None = None
        self._conn, self._procedure, self._arguments = conn, procedure, arguments

    def run(self) -> None:
        """Call it, and note how it ended."""
        try:
            db.call_procedure(self._conn, self._procedure, **self._arguments)
        except Exception as error:
            self.error = error
        finally:
            self.ended.set()

    def stop(self) -> None:
        """Cancel it until it has ended."""
        while not self.ended.is_set():
            db.cancel(self._conn)
            self.ended.wait(5.0)
