"""The scheduler inside an application: starts with it, drains when it shuts down.

    from pydb.background import Background

    @asynccontextmanager
    async def lifespan(app):
        background = Background(lambda: db.connect(dsn()))   # asked at each connect: a new password is taken
        await asyncio.to_thread(background.start)            # raises what would keep it from running
        try:
            yield
        finally:
            await asyncio.to_thread(background.stop)         # running jobs finish, or are cancelled in time

It is the loop of ``pydb schedule run`` (:class:`pydb.scheduler.Scheduler`) in a thread. Of any number of
processes that run it, one runs each job. A database that goes away is waited for.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final, Self

from pydb.errors import PydbError
from pydb.scheduler import Scheduler

if TYPE_CHECKING:
    from types import TracebackType
    from uuid import UUID

    from pydb.scheduler import Connect

_LOG: Final = logging.getLogger("pydb.schedule")


class Background:
    """One scheduler in a thread of this process; also a context manager that starts and stops it.

    Args:
        connect: opens an autocommit connection, each time that one is needed.
        max_jobs: jobs at once, a connection each.
        stop_seconds: how long :meth:`stop` waits for running jobs before it cancels them.

    What happens is told in the log ``pydb.schedule``.
    """

    def __init__(self, connect: Connect, *, max_jobs: int = 2, stop_seconds: float = 30.0) -> None:
        self._scheduler = Scheduler(connect, max_jobs=max_jobs, stop_seconds=stop_seconds, notify=_LOG.info)
        self._thread = threading.Thread(target=self._run, name="pydb scheduler", daemon=True)
        self._decided = threading.Event()
        self._error: Exception | None = None
        self._stopping = False

    @property
    def id(self) -> UUID:
        """Of its row in ``pydb.scheduler``."""
        return self._scheduler.id

    @property
    def held_back(self) -> str | None:
        """Why nothing is run at present (a standby, pg_cron has the jobs), or None."""
        return self._scheduler.held_back

    @property
    def is_running(self) -> bool:
        """Whether it still fires; false once it has stopped, or ended by :attr:`error`."""
        return self._thread.is_alive()

    @property
    def error(self) -> Exception | None:
        """What ended it, but for :meth:`stop`."""
        return self._error

    def start(self) -> None:
        """Start, and return when it has given its first sign of life. It can be started once.

        Raises :class:`~pydb.errors.DatabaseUnavailable`, and :class:`~pydb.errors.SchedulerUnusable` (YD502)
        where pg_cron fires the jobs.
        """
        self._thread.start()
        self._decided.wait()
        if self._error is not None:
            self._thread.join()
            raise self._error

    def look(self) -> None:
        """Look now for what is due, and not at the next beat: a schedule was changed."""
        self._scheduler.look()

    def stop(self) -> None:
        """Fire no more, wait for running jobs (``stop_seconds``, then cancel them), say good-bye, return."""
        if self._thread.ident is not None:
            if not self._stopping:  # to ask twice would be not to wait
                self._stopping = True
                self._scheduler.stop()
            self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            self._scheduler.run(self._decided.set)
        except PydbError as error:
            if self._decided.is_set():
                _LOG.error("the scheduler has ended: %s", error.message)
            self._error = error
        except Exception as error:
            _LOG.exception("the scheduler has ended")
            self._error = error
        finally:
            self._decided.set()
