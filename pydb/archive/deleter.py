"""The run that deletes, in a thread of its own, while this one writes files."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pydb import db

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydb.db import Connection


class Deleter(threading.Thread):
    """The run that deletes, in a thread."""

    def __init__(self, conn: Connection, procedure: str, arguments: Mapping[str, object]) -> None:
        super().__init__(name="export", daemon=True)
        self.ended = threading.Event()
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
