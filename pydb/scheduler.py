"""The clock loop of ``pydb schedule run``: fires the schedules where pg_cron does not.

The database decides what is due and who runs it. Each job runs in a thread on a connection of its own, which
first takes the job for its due time (``pydb.schedule_claim``): of any number of processes exactly one gets
it. A run whose connection was lost is taken again, by whoever comes first, within the setting
``schedule_grace``.

Threads only ever touch their own connection; they report back through one pipe, on which the main thread
sleeps. Signal handlers write to the same pipe and do nothing else.
"""

from __future__ import annotations

import contextlib
import os
import random
import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from uuid import UUID, uuid4

from pydb import __version__, db, schedule
from pydb.errors import DatabaseUnavailable, PydbError

if TYPE_CHECKING:
    from datetime import datetime

    from pydb.db import Connection

BEAT_SECONDS = 10.0
"""At most this long between two signs of life; a scheduler silent for 60 s counts as dead."""

_RETRY_SECONDS = (1.0, 2.0, 5.0, 10.0, 20.0)
_CANCEL_SECONDS = 2.0

Connect = Callable[[], "Connection"]
Notify = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Fired:
    """How one job ended: ``outcome`` is succeeded, failed or interrupted; ``message`` the error, if any.

    ``kind``, ``subject`` and ``policy`` are as in :class:`pydb.schedule.Action`.
    """

    job: str
    policy: str | None
    due_at: datetime
    outcome: str
    message: str | None
    seconds: float
    kind: str
    subject: str | None


class _Job(threading.Thread):
    """One due job: takes it, runs it, says how it ended. ``fired`` stays None if another process has it."""

    def __init__(
        self,
        connect: Connect,
        scheduler: UUID,
        row: db.Row,
        ended: Callable[[], None],
    ) -> None:
        super().__init__(name=f"job {row['job']}", daemon=True)
        self.key = (cast("str", row["job"]), cast("datetime", row["due_at"]))
        self._row = row
        self.fired: Fired | None = None
        self.trouble: PydbError | None = None
        self._connect, self._scheduler, self._ended = connect, scheduler, ended
        self.over = threading.Event()  # not is_alive(): the thread still lives while it reports its end
        self._conn: Connection | None = None
        self._cancelled = threading.Event()

    def run(self) -> None:
        try:
            with self._connect() as self._conn:
                db.say_read_write(self._conn)
                self._run(self._conn)
        except PydbError as error:
            self.trouble = error
        finally:
            self.over.set()
            self._ended()

    def cancel(self) -> None:
        """Have the server cancel the run. A cancel between two statements has no effect: call it again."""
        self._cancelled.set()
        conn = self._conn
        if conn is not None:
            db.cancel(conn)

    def _run(self, conn: Connection) -> None:
        job, due_at = self.key
        claim = {"p_job": job, "p_due_at": due_at, "p_scheduler": self._scheduler}
        if self._cancelled.is_set() or not db.call_value(conn, "pydb_internal.schedule_take", **claim):
            return
        started = time.monotonic()
        error = self._call(conn, cast("str", self._row["command"]))
        if isinstance(error, DatabaseUnavailable):
            # nothing can be said in the database now; the claim's dead session says it
            self.trouble = error
            return
        stopped = self._cancelled.is_set() and error is not None
        outcome = "interrupted" if stopped else "failed" if error else "succeeded"
        message = error.message if error else None
        db.call_value(
            conn,
            "pydb_internal.schedule_settle",
            **claim,
            p_outcome=outcome,
            p_sqlstate=error.sqlstate if error else None,
            p_message=message,
        )
        self.fired = Fired(
            job,
            cast("str | None", self._row["policy"]),
            due_at,
            outcome,
            message,
            time.monotonic() - started,
            cast("str", self._row["kind"]),
            cast("str | None", self._row["subject"]),
        )

    def _call(self, conn: Connection, command: str) -> PydbError | None:
        try:
            db.run_call(conn, command)
        except PydbError as error:
            return error
        return None


class Scheduler:
    """Runs what is due, until told to stop.

    ``connect`` opens an autocommit connection, ``max_jobs`` bounds the jobs at once (one connection each),
    ``stop_seconds`` is how long a stop waits for running jobs before it cancels them, ``notify`` gets a line
    for each thing that happens.
    """

    def __init__(
        self, connect: Connect, *, max_jobs: int = 2, stop_seconds: float = 30.0, notify: Notify
    ) -> None:
        self.id = uuid4()
        self._connect, self._max_jobs, self._stop_seconds = connect, max_jobs, stop_seconds
        self._notify = notify
        self._identity = {
            "p_id": self.id,
            "p_host": socket.gethostname(),
            "p_os_pid": os.getpid(),
            "p_version": __version__,
        }
        self._jobs: dict[tuple[str, datetime], _Job] = {}
        self._conn: Connection | None = None
        self._held_back: str | None = None
        self._greeted = False
        self._stops = 0
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)

    def stop(self) -> None:
        """Ask for a stop; safe in a signal handler. The second time running jobs are cancelled at once."""
        self._stops += 1
        self._wake()

    def look(self) -> None:
        """Have :meth:`run` look now for what is due; safe in any thread."""
        self._wake()

    def run(self, alive: Callable[[], object] = lambda: None) -> None:
        """Fire jobs until :meth:`stop`; then wait for running ones, cancel what is left, and return.

        ``alive`` is called after the first sign of life.
        Raises :class:`~pydb.errors.DatabaseUnavailable` if there is no database at the start, and
        :class:`~pydb.errors.SchedulerUnusable` (YD502) where pg_cron fires the jobs. Later losses of the
        database are waited out.
        """
        conn = self._open()
        failures = 0
        try:
            while not self._stops:
                try:
                    if self._conn is None:
                        conn = self._open()
                        self._notify("connected again")
                    self._pass(conn)
                    alive()
                    failures = 0
                    self._sleep(_seconds_to_next_pass())
                except PydbError as error:
                    self._lose(error)
                    pause = _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)]
                    failures += 1
                    self._sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreads reconnects
        finally:
            self._finish()
            self._notify("stopped")

    def run_once(self) -> list[Fired]:
        """Run everything that is due now, wait for it, and return how it ended. Raises as :meth:`run`.

        Jobs that another process took are not in the list. On a standby nothing is run.
        """
        conn = self._open()
        done: list[Fired] = []
        try:
            while not self._stops:
                done += self._pass(conn)
                if not self._jobs:
                    break
                self._sleep(BEAT_SECONDS)
                done += self._reap()
        finally:
            done += self._finish()
        return done

    @property
    def held_back(self) -> str | None:
        """Why nothing is run at present (a standby, pg_cron has the jobs), or None."""
        return self._held_back

    def _open(self) -> Connection:
        conn = self._connect()
        try:
            db.say_read_write(conn)
            db.call(
                conn, "pydb_internal.scheduler_start", **self._identity, p_cron=schedule.cron_document(conn)
            )
        except PydbError:
            conn.close()
            raise
        self._conn = conn
        return conn

    def _pass(self, conn: Connection) -> list[Fired]:
        """One look at the database: sign of life, and a thread for each due job that there is room for."""
        done = self._reap()
        reason = db.call_value(
            conn, "pydb_internal.scheduler_beat", **self._identity, p_running=len(self._jobs)
        )
        if reason is None and not self._greeted:
            self._greet(conn)
        if reason != self._held_back:
            self._notify(f"runs nothing for now: {reason}" if reason else "runs what is due")
        self._held_back = cast("str | None", reason)
        if reason is None:
            for row in db.call(conn, "pydb_internal.schedule_due"):
                job = _Job(self._connect, self.id, row, self._wake)
                # as in pg_cron, a job is not started anew while it runs
                busy = {name for name, _ in self._jobs}
                if len(self._jobs) < self._max_jobs and job.key[0] not in busy:
                    self._jobs[job.key] = job
                    job.start()
        return done

    def _greet(self, conn: Connection) -> None:
        """Say once what there is to fire."""
        self._greeted = True
        try:
            jobs = [job for job in schedule.status(conn) if job.wanted]
        except PydbError:  # who may run need not be allowed to look
            return
        upcoming = min(((job.next_run, job.job_name) for job in jobs if job.next_run), default=None)
        told = f"{len(jobs)} schedule{'' if len(jobs) == 1 else 's'}"
        if upcoming is not None:
            told += f", next {upcoming[1]} at {upcoming[0]:%Y-%m-%d %H:%M} UTC"
        self._notify(told if jobs else "no schedule yet; it looks again every minute: pydb schedule list")

    def _reap(self) -> list[Fired]:
        ended = [job for job in self._jobs.values() if job.over.is_set()]
        for job in ended:
            del self._jobs[job.key]
            if job.trouble is not None:
                self._notify(f"{job.key[0]}: {job.trouble.message}; it is tried again")
            elif job.fired is not None:
                told = f": {job.fired.message}" if job.fired.message else ""
                self._notify(f"{job.key[0]}: {job.fired.outcome} after {job.fired.seconds:.1f} s{told}")
        return [job.fired for job in ended if job.fired is not None]

    def _finish(self) -> list[Fired]:
        """Wait for the running jobs, cancel them when the time is over, say good-bye in the database."""
        deadline = time.monotonic() + self._stop_seconds
        done = self._reap()
        if self._jobs:
            self._notify(f"stopping: waits up to {self._stop_seconds:g} s for {len(self._jobs)} jobs")
        while self._jobs:
            patience = deadline - time.monotonic()
            if patience <= 0 or self._stops > 1:
                for job in self._jobs.values():
                    job.cancel()
                patience = _CANCEL_SECONDS
            self._sleep(min(patience, BEAT_SECONDS))
            done += self._reap()
            self._beat_quietly(stopped=False)
        self._beat_quietly(stopped=True)
        if self._conn is not None:
            self._conn.close()
        return done

    def _beat_quietly(self, *, stopped: bool) -> None:
        with contextlib.suppress(PydbError):
            if self._conn is not None:
                beat = {**self._identity, "p_running": len(self._jobs), "p_stopped": stopped}
                db.call_value(self._conn, "pydb_internal.scheduler_beat", **beat)

    def _lose(self, error: PydbError) -> None:
        self._notify(f"{error.message}; tries again")
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # a full pipe wakes as well
            os.write(self._wake_write, b".")

    def _sleep(self, seconds: float) -> None:
        """Sleep until something happens, at most ``seconds``."""
        if select.select([self._wake_read], [], [], max(seconds, 0.0))[0]:
            os.read(self._wake_read, 4096)


def _seconds_to_next_pass() -> float:
    # Just after the next full minute, when schedules come due. Only the server's clock decides what is due.
    return min(BEAT_SECONDS, 60.05 - time.time() % 60)
