"""A workbench for claims: calls with typed answers, rows as they were left, crowds, and wait points."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import psycopg
from psycopg import pq, sql
from psycopg.rows import class_row, kwargs_row

from tests import reuse
from tests.servers import PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

    from psycopg.rows import TupleRow

    from tests.conftest import Connection

DEADLINE: Final = 60.0
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What a routine answered; `result` and `error` are JSON text, so that JSON null is not SQL NULL."""

    outcome: str
    token: int | None = None
    attempt: int | None = None
    code: int | None = None
    result: str | None = None
    error: str | None = None
    retry_after: timedelta | None = None
    owner: str | None = None
    finished_at: datetime | None = None
    claimed_at: datetime | None = None
    lease_until: datetime | None = None


@dataclass(frozen=True)
class Key:
    """One row of ``pydb.idempotency_key``, with times as what is left of them."""

    token: int
    state: str
    attempt: int
    max_attempts: int | None
    hold: bool
    retryable: bool | None
    fingerprint: bytes | None
    owner: str | None
    code: int | None
    result: str | None
    error: str | None
    lease: timedelta | None
    life: timedelta
    finished_at: datetime | None


@dataclass
class Refusal:
    """What a refused statement said; filled when the ``with`` block ends."""

    sqlstate: str = ""
    message: str = ""
    detail: str = ""
    hint: str = ""


@contextlib.contextmanager
def refused(*sqlstates: str) -> Iterator[Refusal]:
    """Expect a database error with one of the SQLSTATEs."""
    refusal = Refusal()
    try:
        yield refusal
    except psycopg.Error as error:
        refusal.sqlstate = error.sqlstate or ""
        refusal.message = error.diag.message_primary or ""
        refusal.detail = error.diag.message_detail or ""
        refusal.hint = error.diag.message_hint or ""
        if error.sqlstate not in sqlstates:
            raise
    assert refusal.sqlstate, f"it was not refused; expected {' or '.join(sqlstates)}"


class Started(threading.Thread, Generic[T]):
    """A call in a thread of its own."""

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._done: list[T] = []
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._done.append(self._work())
        except BaseException as error:
            self._error = error

    def ended(self) -> T:
        """Wait for the end; return what the call returned, or raise what it raised."""
        self.join(DEADLINE)
        assert not self.is_alive(), "the call did not end"
        if self._error is not None:
            raise self._error
        return self._done[0]


class Lab:
    """One scope of one database and the calls that tests make in it."""

    def __init__(self, dsn: str, scope: str, warm: list[Connection] | None = None) -> None:
        """``warm`` has sessions of this database that tests used before, and gets ours at the end."""
        self.dsn = dsn
        self.scope = scope
        self._opened: list[Connection] = []
        self._warm = warm
        self.db = self._own = warm.pop() if warm else self.session()

    def close(self) -> None:
        idle = self._own.info.transaction_status == pq.TransactionStatus.IDLE
        if self._warm is not None and idle and reuse.forget(self._own):
            self._own.prepare_threshold = None
            self._warm.append(self._own)
            self._opened = [one for one in self._opened if one is not self._own]
        else:
            self._own.close()
        for connection in self._opened:
            connection.close()

    def session(
        self,
        user: str = "postgres",
        *,
        autocommit: bool = True,
        isolation: str | None = None,
        options: str = "",
    ) -> Connection:
        """One more session; closed with the lab."""
        if isolation is not None:
            options += " -c default_transaction_isolation=" + isolation.replace(" ", "\\ ")
        self._opened.append(
            psycopg.connect(
                self.dsn, user=user, autocommit=autocommit, prepare_threshold=None, options=options
            )
        )
        return self._opened[-1]

    def do(self, statement: str, *parameters: object) -> None:
        """Execute a statement, or a script without parameters."""
        self.db.execute(statement.encode(), parameters or None)

    def rows(self, query: str, *parameters: object) -> list[TupleRow]:
        return self.db.execute(query.encode(), parameters or None).fetchall()

    def one(self, query: str, *parameters: object) -> object:
        ((value,),) = self.rows(query, *parameters)
        return value

    def claim(
        self, key: str = "k", *, db: Connection | None = None, scope: str | None = None, **options: object
    ) -> Answer:
        """``idempotency_claim``: options fingerprint, lease, ttl, on_stale, max_attempts, owner."""
        return self._call("claim", {"scope": scope or self.scope, "key": key, **options}, db)

    def complete(
        self,
        key: str,
        token: int | None,
        result: str | None = None,
        code: int | None = None,
        *,
        db: Connection | None = None,
        **options: object,
    ) -> Answer:
        """``idempotency_complete``; `result` is JSON text."""
        named = {"scope": self.scope, "key": key, "token": token, "result": result, "code": code, **options}
        return self._call("complete", named, db)

    def fail(
        self,
        key: str,
        token: int | None,
        error: str | None = None,
        *,
        db: Connection | None = None,
        **options: object,
    ) -> Answer:
        """``idempotency_fail``: options retryable, code; `error` is JSON text."""
        return self._call(
            "fail", {"scope": self.scope, "key": key, "token": token, "error": error, **options}, db
        )

    def heartbeat(
        self, key: str, token: int | None, lease: str = "1 hour", *, db: Connection | None = None
    ) -> Answer:
        """``idempotency_heartbeat``."""
        return self._call("heartbeat", {"scope": self.scope, "key": key, "token": token, "lease": lease}, db)

    def peek(
        self, key: str = "k", *, db: Connection | None = None, scope: str | None = None, **options: object
    ) -> Answer:
        """``idempotency_peek``: option fingerprint."""
        return self._call("peek", {"scope": scope or self.scope, "key": key, **options}, db)

    def resolve(self, key: str, how: str, *, db: Connection | None = None, **options: object) -> Answer:
        """``idempotency_resolve``: options result, code, error, force, reason."""
        return self._call("resolve", {"scope": self.scope, "key": key, "as": how, **options}, db)

    def reset(self, key: str, *, db: Connection | None = None, **options: object) -> Answer:
        """``idempotency_reset``: options force, reason."""
        return self._call("reset", {"scope": self.scope, "key": key, **options}, db)

    def prune(self, limit: int | None = None, *, db: Connection | None = None) -> int:
        """``idempotency_prune``."""
        row = (db or self.db).execute("select pydb.idempotency_prune(%s)", (limit,)).fetchone()
        assert row is not None
        assert isinstance(row[0], int)
        return row[0]

    def put(self, key: str = "k", state: str = "pending", **values: object) -> int:
        """Insert a row as it stands, ``lease`` and ``life`` as intervals from now; return its token."""
        given = {
            "state": state,
            "hold": False,
            "lease": "1 hour",
            "life": "1 day",
            "fingerprint": b"f",
            **values,
        }
        if state == "failed":
            given.setdefault("retryable", False)
        lease, life = given.pop("lease"), given.pop("life")
        given |= {"scope": self.scope, "key": key}
        query = sql.SQL(
            "insert into pydb.idempotency_key"
            " (token, claimed_at, finished_at, lease_until, expires_at, {columns})"
            " values (default, now(),"
            " case when {state} <> 'pending' then now() end, clock_timestamp() + {lease}::interval,"
            " clock_timestamp() + {life}::interval, {values})"
            " returning token"
        ).format(
            columns=sql.SQL(", ").join(map(sql.Identifier, given)),
            state=sql.Literal(state),
            lease=sql.Literal(lease),
            life=sql.Literal(life),
            values=sql.SQL(", ").join(map(sql.Literal, given.values())),
        )
        row = self.db.execute(query).fetchone()
        if given["hold"] and state == "pending":
            held = "insert into pydb_internal.idempotency_held (scope, key) values (%s, %s)"
            entered = f"{held} on conflict do nothing"
            self.do(entered, self.scope, key)
        assert row is not None
        assert isinstance(row[0], int)
        return row[0]

    def key(self, key: str = "k") -> Key | None:
        """The row of a key."""
        with self.db.cursor(row_factory=class_row(Key)) as cursor:
            return cursor.execute(
                "select token, state::text, attempt, max_attempts, hold, retryable, fingerprint, owner, code,"
                " result::text, error::text, lease_until - clock_timestamp() as lease,"
                " expires_at - clock_timestamp() as life, finished_at"
                " from pydb.idempotency_key where scope = %s and key = %s",
                (self.scope, key),
            ).fetchone()

    def image(self, key: str = "k") -> tuple[object, ...] | None:
        """Every column of a key's row, its place and its last writer: what must not change at all."""
        return self.db.execute(
            "select ctid::text, xmin::text, k.*::text from pydb.idempotency_key as k"
            " where scope = %s and key = %s",
            (self.scope, key),
        ).fetchone()

    def let_lease_pass(self, key: str = "k") -> None:
        """Put the end of the lease into the past."""
        self._shift(key, "lease_until = clock_timestamp() - interval '1 ms'")

    def let_life_pass(self, key: str = "k") -> None:
        """Put the end of the key's life into the past."""
        self._shift(key, "expires_at = clock_timestamp() - interval '1 ms'")

    def counter(self, name: str) -> int:
        """``takeovers``, ``superseded``, ``mismatches`` or ``token``: how often it was drawn."""
        value = self.one(
            f"select case when is_called then last_value else 0 end from pydb.idempotency_{name}"
        )
        assert isinstance(value, int)
        return value

    def together(self, work: list[Callable[[Connection], T]]) -> list[T]:
        """Do all at once, each on a session of its own, and return what they returned."""
        start = threading.Barrier(len(work))

        def begin(task: Callable[[Connection], T], db: Connection) -> Callable[[], T]:
            def run() -> T:
                start.wait(DEADLINE)
                return task(db)

            return run

        tasks = [Started(begin(task, self.session())) for task in work]
        return [task.ended() for task in tasks]

    def blocked(self, db: Connection, work: Callable[[Connection], T]) -> Started[T]:
        """Start a call on `db` and come back when it waits for a lock."""
        started = Started(lambda: work(db))
        self.until("select cardinality(pg_blocking_pids(%s)) > 0", db.info.backend_pid)
        return started

    def until(self, query: str, *args: object) -> None:
        """Poll until the query gives true; fails after the deadline."""
        end = time.monotonic() + DEADLINE
        while self.one(query, *args) is not True:
            assert time.monotonic() < end, f"never true: {query} {args}"
            time.sleep(PAUSE)

    def _shift(self, key: str, change: str) -> None:
        self.do(f"update pydb.idempotency_key set {change} where scope = %s and key = %s", self.scope, key)

    def _call(self, routine: str, named: dict[str, object], db: Connection | None) -> Answer:
        texts = "" if routine == "heartbeat" else ", a.result::text as result, a.error::text as error"
        query = sql.SQL("select a.*{} from pydb.{}({}) as a").format(
            sql.SQL(texts),
            sql.Identifier(f"idempotency_{routine}"),
            sql.SQL(", ").join(
                sql.SQL("{} => {}").format(sql.Identifier(f"p_{name}"), sql.Literal(value))
                for name, value in named.items()
            ),
        )
        with (db or self.db).cursor(row_factory=kwargs_row(Answer)) as cursor:
            # the binary format does not depend on DateStyle and IntervalStyle
            answer = cursor.execute(query, binary=True).fetchone()
        assert answer is not None
        return answer
