"""Runs that were started from a page: ordinary calls of a procedure, in threads of their own.

What they did is in ``pydb.job_run`` under their request; this module knows only what is still waiting, and
what went wrong before there was a run.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydb import db, runs
from pydb.errors import PydbError

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from pydb.db import Connection

_MOST_WAITING: Final = 100
_MOST_KEPT: Final = 500


class Full(PydbError):
    """Too many runs are waiting."""


@dataclass
class Job:
    """A call: ``state`` is waiting, at work or ended; ``errors`` are what it raised."""

    request: UUID
    kind: str
    subjects: list[str]
    state: str = "waiting"
    errors: list[PydbError] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)


class Workers:
    """So many threads that make calls, each on a connection of its own."""

    def __init__(self, connect: Callable[[], Connection], count: int) -> None:
        self._connect, self._count = connect, count
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._jobs: OrderedDict[UUID, Job] = OrderedDict()
        self._live: dict[UUID, Connection] = {}
        self._is_ending = False

    def start(self, job: Job, calls: list[Callable[[Connection], None]]) -> None:
        """Have these calls made, one after the other; :class:`Full` if too many wait."""
        with self._lock:
            waiting = sum(one.state != "ended" for one in self._jobs.values())
            if self._is_ending or waiting >= _MOST_WAITING:
                raise Full(
                    "no run is taken on now",
                    detail="The server ends." if self._is_ending else f"{waiting} are waiting.",
                    hint="try again later",
                )
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._count, thread_name_prefix="pydb-run")
            self._jobs[job.request] = job
            while len(self._jobs) > _MOST_KEPT:
                oldest = next((one for one in self._jobs.values() if one.state == "ended"), None)
                if oldest is None:
                    break
                del self._jobs[oldest.request]
            self._pool.submit(self._work, job, calls)

    def get(self, request: UUID) -> Job | None:
        """What is known here of a request."""
        return self._jobs.get(request)

    def close(self, seconds: float) -> None:
        """Take nothing on, wait so long for what is at work, then cancel it; what it committed stays."""
        with self._lock:
            self._is_ending = True
            pool, jobs = self._pool, list(self._jobs.values())
        if pool is None:
            return
        pool.shutdown(wait=False, cancel_futures=True)
        until = time.monotonic() + seconds
        for job in jobs:
            if job.state == "at work":
                job.done.wait(max(until - time.monotonic(), 0))
        with self._lock:
            live = dict(self._live)
        for request, conn in live.items():
            db.cancel(conn)
            job = self._jobs[request]
            job.done.wait(seconds + 10)

    def _work(self, job: Job, calls: list[Callable[[Connection], None]]) -> None:
        job.state = "at work"
        try:
            conn = self._connect()
            try:
                with self._lock:
                    self._live[job.request] = conn
                for call in calls:
                    if self._is_ending:
                        break
                    self._call(job, conn, call)
            finally:
                with self._lock:
                    self._live.pop(job.request, None)
                with contextlib.suppress(PydbError):
                    if self._is_ending:
                        runs.note_cancelled(conn, job.request, job.kind)
                conn.close()
        except PydbError as error:
            job.errors.append(error)
        finally:
            job.state = "ended"
            job.done.set()

    @staticmethod
    def _call(job: Job, conn: Connection, call: Callable[[Connection], None]) -> None:
        try:
            call(conn)
        except PydbError as error:  # blocked and failed runs are in the log too; the next one is made
            job.errors.append(error)
