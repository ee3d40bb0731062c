"""Idempotent workers that can be killed anywhere: processes that stop at each point of their work.

This program is a nursery: it forks one worker a request, each with a socket of its own, so that a worker
costs milliseconds. A worker says where it is and waits until it is let go, killed, or stopped. The effect
that a worker has on the world outside is a row in ``app.effect``, written at once by another connection;
what it does in its own database is a row in ``app.business``.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from pydb import idempotency

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

Connection = psycopg.Connection[tuple[object, ...]]

SCOPE: Final = "faults"


@dataclass(frozen=True)
class Answer:
    """What a routine answered; each has some of these."""

    outcome: str
    token: int = 0
    attempt: int | None = None
    code: int | None = None
    result: object = None
    error: object = None
    lease_until: datetime | None = None
    retry_after: timedelta | None = None
    owner: str | None = None
    finished_at: datetime | None = None
    claimed_at: datetime | None = None


def ask(connection: Connection, routine: str, key: str, /, **arguments: object) -> Answer:
    """Call ``pydb.idempotency_<routine>`` for a key of the scope of these tests; arguments without p_."""
    given = {"scope": SCOPE, "key": key, **arguments}
    given = {name: Jsonb(value) if isinstance(value, dict) else value for name, value in given.items()}
    call = sql.SQL("select * from {}({})").format(
        sql.Identifier("pydb", f"idempotency_{routine}"),
        sql.SQL(", ").join(
            sql.SQL("{} => {}").format(sql.Identifier(f"p_{name}"), sql.Placeholder(name)) for name in given
        ),
    )
    with connection.cursor(row_factory=class_row(Answer)) as cursor:
        answer = cursor.execute(call, given).fetchone()
    assert answer is not None
    return answer


def connect(dsn: str, options: str = "", *, autocommit: bool = True) -> Connection:
    """A session as a pooled application has it: no statement is prepared."""
    return psycopg.connect(dsn, autocommit=autocommit, options=options, prepare_threshold=None)


class Stage:
    """Where a worker says that it has got to a point, and waits there."""

    def __init__(self, channel: socket.socket, dsn: str, key: str) -> None:
        self.dsn, self.key = dsn, key
        self._channel = channel
        self._lines = channel.makefile("r")

    def at(self, point: str, **facts: object) -> None:
        """Say so, and wait to be let go."""
        self.say(point, **facts)
        if not self._lines.readline():
            os._exit(0)

    def say(self, point: str, **facts: object) -> None:
        """Say so, and go on."""
        self._channel.sendall(json.dumps({"at": point, **facts}, default=str).encode() + b"\n")

    def connect(self) -> Connection:
        """The worker's own session."""
        connection = connect(self.dsn)
        self.at("connected", backend=connection.info.backend_pid)
        return connection

    def effect(
        self, attempt: int | None, table: str = "effect", connection: Connection | None = None
    ) -> None:
        """The effect outside, at once and for good; or a row in the worker's own transaction."""
        statement = sql.SQL("insert into {} values (%s, %s)").format(sql.Identifier("app", table))
        with contextlib.ExitStack() as stack:
            outside = connection or stack.enter_context(connect(self.dsn))
            outside.execute(statement, (self.key, attempt))


def live_lease(
    stage: Stage, *, lease: str = "1 hour", on_stale: str = "takeover", fenced: bool = False
) -> None:
    """Claim, effect outside, heartbeat, complete; each call commits by itself."""
    connection = stage.connect()
    connection.execute("begin")
    claimed = ask(connection, "claim", stage.key, lease=lease, on_stale=on_stale)
    stage.at("before the claim commits", **asdict(claimed))
    connection.execute("commit")
    stage.at("claimed", **asdict(claimed))
    stage.effect(claimed.attempt)
    stage.at("effect")
    beat = ask(connection, "heartbeat", stage.key, token=claimed.token, lease=lease)
    stage.at("heartbeat", outcome=beat.outcome)
    connection.execute("begin")
    if fenced:
        stage.effect(claimed.attempt, "business", connection)
    done = ask(connection, "complete", stage.key, token=claimed.token, result={"by": "worker"}, fenced=fenced)
    stage.at("before the completion commits", **asdict(done))
    connection.execute("commit")
    stage.at("completed", **asdict(done))


def live_fire(stage: Stage, *, routine: str) -> None:
    """Send a claim, or claim and send a completion, and never read the answer."""
    connection = stage.connect()
    token = 0
    if routine == "complete":
        token = ask(connection, "claim", stage.key, lease="1 hour").token
        stage.effect(1)
    stage.at("claimed", token=token)
    arguments = f'{token}, \'{{"by": "worker"}}\'' if routine == "complete" else "p_lease => '1 hour'"
    connection.pgconn.send_query(
        f"select * from pydb.idempotency_{routine}('{SCOPE}', '{stage.key}', {arguments})".encode()
    )
    connection.pgconn.flush()
    stage.at("sent")


def live_tx(stage: Stage) -> None:
    """Claim, work and completion in one transaction."""
    connection = stage.connect()
    connection.execute("begin")
    claimed = ask(connection, "claim", stage.key)
    stage.at("claimed", **asdict(claimed))
    stage.effect(claimed.attempt, "business", connection)
    done = ask(connection, "complete", stage.key, token=claimed.token, result={"by": "worker"})
    stage.at("before the commit", **asdict(done))
    connection.execute("commit")
    stage.at("completed")


def live_prune(stage: Stage) -> None:
    """Prune a batch and stand before its commit."""
    connection = stage.connect()
    connection.execute("begin")
    row = connection.execute("select pydb.idempotency_prune(100)").fetchone()
    stage.at("pruned", rows=row and row[0])
    connection.execute("commit")


def live_once(stage: Stage, *, lease: float, wait: float = 0.0) -> None:
    """The same life by `idempotency.once`, with a heartbeat."""
    connection = stage.connect()
    with idempotency.once(
        connection,
        SCOPE,
        stage.key,
        lease=timedelta(seconds=lease),
        wait=timedelta(seconds=wait),
        heartbeat=True,
    ) as claim:
        if not isinstance(claim, idempotency.Claim):
            stage.say("end", outcome=type(claim).__name__)
            return
        stage.at("claimed", token=claim.token, attempt=claim.attempt)
        stage.effect(claim.attempt)
        stage.at("effect")
        stage.at("looked", lost=claim.lost)
        claim.complete({"by": "worker"})
        stage.at("completed")


LIVES: Final[dict[str, Callable[..., None]]] = {
    "lease": live_lease,
    "fire": live_fire,
    "tx": live_tx,
    "prune": live_prune,
    "once": live_once,
}


def _live(channel: socket.socket, job: bytes) -> None:
    wanted = json.loads(job)
    stage = Stage(channel, wanted["dsn"], wanted["key"])
    try:
        LIVES[wanted["life"]](stage, **wanted["options"])
    except Exception as error:
        sqlstate = getattr(error, "sqlstate", None)
        stage.say("error", type=type(error).__name__, sqlstate=sqlstate, message=str(error))
    else:
        stage.say("end")


def _requests(control: socket.socket) -> Iterator[tuple[bytes, socket.socket]]:
    while True:
        job, handles, _, _ = socket.recv_fds(control, 65536, 1)
        if not job:
            return
        yield job, socket.socket(fileno=handles[0])


def nursery(control: socket.socket) -> None:
    """Fork one worker a request; at the end of the requests kill all that are left."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    for job, channel in _requests(control):
        pid = os.fork()
        if pid == 0:
            control.close()
            _live(channel, job)
            os._exit(0)
        channel.close()
        control.send(str(pid).encode())
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    nursery(socket.socket(fileno=int(sys.argv[1])))
