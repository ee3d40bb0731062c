"""Idempotency keys, the workers that claim them, and what holds for them whatever crashes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import psycopg

from tests.faults.idemworker import SCOPE, Answer, Connection, ask, connect
from tests.servers import PAUSE

if TYPE_CHECKING:
    from types import TracebackType


__all__ = ["SCOPE", "Answer", "Asking", "Connection", "Keys", "Nursery", "Worker", "ask", "connect"]

ROOT: Final = Path(__file__).parents[2]
DEADLINE: Final = 60.0

_SETUP: Final = """
create schema app;
create table app.effect (key text not null, attempt integer not null);
create table app.business (key text not null, attempt integer not null);
"""
# what no row may ever contradict, whatever crashed
_BROKEN: Final = """
select scope, key, state::text, token from pydb.idempotency_key
where not case state
        when 'pending' then num_nonnulls(finished_at, code, result, retryable) = 0
        when 'completed' then finished_at is not null and retryable is null and error is null
        else finished_at is not null and retryable is not null and result is null
    end
    or attempt < 1 or attempt > max_attempts
    or token >> 20 > (select last_value from pydb.idempotency_token)
"""
_TOO_OFTEN: Final = """
select e.key, count(*), max(k.attempt) from app.effect as e
left join pydb.idempotency_key as k on k.scope = 'faults' and k.key = e.key
group by e.key having count(*) > coalesce(max(k.attempt), 0)
"""


class Keys:
    """One database whose keys the workers claim, and what holds for them at any time."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._opened: list[Connection] = []
        self.db = self.session()
        self.db.execute(_SETUP.encode())

    def close(self) -> None:
        """Close every session."""
        for connection in self._opened:
            connection.close()

    def session(self, options: str = "") -> Connection:
        """One more autocommit session; `options` as in ``-c work_mem=1MB``."""
        self._opened.append(connect(self.dsn, options))
        return self._opened[-1]

    def reconnect(self) -> None:
        """A new `db` once the server has crashed and come back."""
        end = time.monotonic() + DEADLINE
        with contextlib.suppress(psycopg.OperationalError):
            while time.monotonic() < end:
                self.db.execute("select 1")
        while True:
            try:
                self.db = self.session()
            except psycopg.OperationalError:
                assert time.monotonic() < end, "the server does not come back"
            else:
                return

    def value(self, query: str, *args: object) -> object:
        """The first value of a query's first row."""
        row = self.db.execute(query.encode(), args).fetchone()
        return row[0] if row else None

    def until(self, query: str, *args: object) -> None:
        """Poll until the query gives true; fails after the deadline."""
        end = time.monotonic() + DEADLINE
        while self.value(query, *args) is not True:
            assert time.monotonic() < end, f"never true: {query} {args}"
            time.sleep(PAUSE)

    def until_gone(self, pid: object) -> None:
        """Poll until the backend does not exist any more."""
        self.until("select not exists (select from pg_stat_activity where pid = %s)", pid)

    def until_blocked(self, pid: object, by: int) -> None:
        """Poll until one backend waits for a lock of another."""
        self.until("select %s = any(pg_blocking_pids(%s))", by, pid)

    def until_state(self, key: str, state: str) -> None:
        """Poll until the key is pending, completed or failed."""
        self.until(
            "select state = %s::pydb.idempotency_state from pydb.idempotency_key where key = %s", state, key
        )

    def until_acquired(self, key: str, **arguments: object) -> Answer:
        """Claim until somebody else's lease has passed."""
        end = time.monotonic() + DEADLINE
        while (answer := ask(self.db, "claim", key, **arguments)).outcome != "acquired":
            assert time.monotonic() < end, f"never acquired: {answer}"
            assert answer.outcome == "in_progress", answer
            time.sleep(PAUSE)
        return answer

    def lease_passes(self, key: str) -> None:
        """Nobody has to wait for it."""
        self.db.execute(
            "update pydb.idempotency_key set lease_until = clock_timestamp() where key = %s", (key,)
        )

    def effects(self, key: str) -> int:
        """How often the work had its effect outside."""
        count = self.value("select count(*) from app.effect where key = %s", key)
        assert isinstance(count, int)
        return count

    def business(self, key: str) -> int:
        """How many rows the work left in its own database."""
        count = self.value("select count(*) from app.business where key = %s", key)
        assert isinstance(count, int)
        return count

    def sound(self) -> None:
        """Hold every key against the state machine, and the effects against the attempts."""
        assert self.db.execute(_BROKEN.encode()).fetchall() == []
        assert self.db.execute(_TOO_OFTEN.encode()).fetchall() == []
        tokens = self.db.execute(
            "select count(*), count(distinct token) from pydb.idempotency_key"
        ).fetchone()
        assert tokens is not None
        assert tokens[0] == tokens[1], "two acquisitions share a token"
        left = (
            "select count(*) from pg_locks where locktype = 'advisory'"
            " and database = (select oid from pg_database where datname = current_database())"
        )
        assert self.value(left) == 0


class Asking(threading.Thread):
    """One call on one session, in a thread; `answer` or `error` is what came of it."""

    def __init__(self, connection: Connection, routine: str, key: str, **arguments: object) -> None:
        super().__init__(daemon=True)
        self.pid = connection.info.backend_pid
        self.error: psycopg.Error | None = None
        self._answer: Answer | None = None
        self._call = (connection, routine, key)
        self._arguments = arguments
        self.start()

    def run(self) -> None:
        try:
            self._answer = ask(*self._call, **self._arguments)
        except psycopg.Error as error:
            self.error = error

    def ended(self) -> None:
        """Wait for the end."""
        self.join(DEADLINE)
        assert not self.is_alive(), "the call did not end"

    def answer(self) -> Answer:
        """Wait for the answer; there must be one."""
        self.ended()
        assert self._answer is not None, self.error
        return self._answer

    def failed(self) -> str | None:
        """Wait for the error and return its SQLSTATE."""
        self.ended()
        assert self.error is not None, self._answer
        return self.error.sqlstate


class Worker:
    """A worker's process, as the test sees it."""

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self._channel = channel
        self._lines = channel.makefile("r")

    def hear(self) -> dict[str, object]:
        """What the worker says next; empty if it is dead."""
        line = self._lines.readline()
        return dict(json.loads(line)) if line else {}

    def go(self, steps: int = 1) -> None:
        """Let it go on, over so many points."""
        self._channel.sendall(b"go\n" * steps)

    def until(self, point: str) -> dict[str, object]:
        """Let it go on until it stands at the point; returns what it says there."""
        while (said := self.hear()).get("at") != point:
            assert said, f"the worker died before {point}"
            assert said["at"] not in ("end", "error"), said
            self.go()
        return said

    def end(self) -> dict[str, object]:
        """Let it go on to its end; returns its last words."""
        self.go()
        while (said := self.hear()).get("at") not in ("end", "error"):
            assert said, "the worker died"
            self.go()
        return said

    def kill(self) -> None:
        """SIGKILL; it is dead when this returns."""
        os.kill(self.pid, signal.SIGKILL)
        while self.hear():
            pass

    def pause(self) -> None:
        """SIGSTOP."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        """Hang up; a worker that waits for a word ends."""
        self._lines.close()
        self._channel.close()


class Nursery:
    """Makes workers; all of them are gone at its end, the stopped ones too."""

    def __enter__(self) -> Self:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.idemworker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                start_new_session=True,
            )
        self._workers: list[Worker] = []
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.close()
        self._control.close()
        self._process.wait(DEADLINE)

    def worker(self, life: str, dsn: str, key: str, **options: object) -> Worker:
        """Start a worker whose life is one of `LIVES`; it stands before its first step."""
        ours, theirs = socket.socketpair()
        ours.settimeout(DEADLINE)
        with theirs:
            job = json.dumps({"life": life, "dsn": dsn, "key": key, "options": options})
            socket.send_fds(self._control, [job.encode()], [theirs.fileno()])
            pid = int(self._control.recv(64))
        self._workers.append(Worker(pid, ours))
        return self._workers[-1]
