"""The database behind the pages: read-only looks with a time-out, and connections for actions.

When it is gone, :attr:`Database.gone_since` says since when; the first look that works ends that.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar, cast

from pydb import db
from pydb.errors import DatabaseUnavailable, PydbError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg_pool import ConnectionPool

    from pydb.db import Connection
    from pydb.web.settings import Settings

    T = TypeVar("T")

_WAIT: Final = 1.0
_APPLICATION: Final = "pydb serve"


class Busy(PydbError):
    """All connections are in use."""


@dataclass(frozen=True, slots=True)
class Outage:
    """The database is gone: since when, and what the last attempt said."""

    since: datetime
    why: str


class Database:
    """Connections to one database, shared by all pages; opened at the first look."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.patience = 1.0
        """How long a page waits for what is looked at in the background, in seconds."""
        self._lock = threading.Lock()
        self._pool: ConnectionPool[Connection] | None = None
        self._outage: Outage | None = None
        self._kept: dict[str, tuple[float, object]] = {}
        self._making: dict[str, threading.Lock] = {}
        self._threads: dict[str, tuple[threading.Thread, float]] = {}
        self._failed: dict[str, PydbError] = {}

    @property
    def outage(self) -> Outage | None:
        """Not None while the database is gone."""
        return self._outage

    @property
    def read_dsn(self) -> str | None:
        """What pages read with."""
        return self._settings.read_dsn or self._settings.dsn

    @contextmanager
    def look(self, seconds: float | None = None) -> Iterator[Connection]:
        """One read-only transaction that sees one moment; its statements may take so long each.

        Raises :class:`~pydb.errors.DatabaseUnavailable`, :class:`Busy` and what the looks raise.
        """
        pool = self._open()
        conn = self._take(pool)
        try:
            with db.look(conn, round((seconds or self._settings.statement_timeout) * 1000)):
                self._outage = None
                yield conn
        except DatabaseUnavailable as error:
            self._note(error)
            raise
        finally:
            pool.putconn(conn)

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """A connection that pages read with, outside of a transaction, for what makes its own."""
        pool = self._open()
        conn = self._take(pool)
        try:
            yield conn
            self._outage = None
        except DatabaseUnavailable as error:
            self._note(error)
            raise
        finally:
            pool.putconn(conn)

    @contextmanager
    def plan(self) -> Iterator[Connection]:
        """A read-only transaction of the login that acts, as a run would see it; bounded in time."""
        with self.act() as conn:
            clock = threading.Timer(self._settings.plan_timeout, db.cancel, [conn])
            clock.daemon = True
            clock.start()
            try:
                with db.look(conn, None):
                    yield conn
            finally:
                clock.cancel()

    @contextmanager
    def act(self) -> Iterator[Connection]:
        """A new autocommit connection as the login that acts."""
        conn = self.connect()
        try:
            yield conn
        finally:
            conn.close()

    def connect(self) -> Connection:
        """A new autocommit connection as the login that acts; to be closed."""
        try:
            return db.connect(db.labelled(self._settings.dsn, _APPLICATION))
        except DatabaseUnavailable as error:
            self._note(error)
            raise

    def kept(
        self,
        name: str,
        seconds: float,
        make: Callable[[], T],
        stale: float = 0.0,
        *,
        patience: float | None = None,
    ) -> T:
        """What ``make`` returned at most so long ago: many who look at once cost one look.

        What is older is made anew. With ``stale`` that is done in the background: what is younger than that
        is shown meanwhile, and nobody waits for longer than ``patience`` (:class:`Busy`), whatever becomes of
        the look: a server that has stopped answering holds one thread and not each one that asks.
        """
        with self._lock:
            making = self._making.setdefault(name, threading.Lock())
            at, value = self._kept.get(name, (float("-inf"), None))
        age = time.monotonic() - at
        if age <= seconds:
            return value  # type: ignore[return-value]
        if stale:
            thread, began = self._behind(name, make)
            if age > stale:
                thread.join(max(began + (patience or self.patience) - time.monotonic(), 0.0))
                value = self._awaited(name, thread, stale)
            return cast("T", value)
        with making:
            at, value = self._kept.get(name, (float("-inf"), None))
            if time.monotonic() - at > seconds:
                value = make()
                self._kept[name] = (time.monotonic(), value)
            return value  # type: ignore[return-value]

    def begin(self, name: str, seconds: float, make: Callable[[], object]) -> None:
        """Have something made in the background that :meth:`kept` is asked for soon, unless it is young."""
        at, _ = self._kept.get(name, (float("-inf"), None))
        if time.monotonic() - at > seconds:
            self._behind(name, make)

    def _behind(self, name: str, make: Callable[[], object]) -> tuple[threading.Thread, float]:
        """The thread that makes something anew, the one that is at it or a new one; and when it began."""

        def work() -> None:
            try:
                value = make()
            except PydbError as error:
                self._failed[name] = error
            else:
                self._failed.pop(name, None)
                self._kept[name] = (time.monotonic(), value)

        with self._lock:
            known = self._threads.get(name)
            if known is None or not known[0].is_alive():
                known = threading.Thread(target=work, name=f"pydb {name}", daemon=True), time.monotonic()
                self._threads[name] = known
                known[0].start()
            return known

    def _awaited(self, name: str, thread: threading.Thread, stale: float) -> object:
        at, value = self._kept.get(name, (float("-inf"), None))
        if time.monotonic() - at <= stale:
            return value
        if not thread.is_alive() and name in self._failed:
            raise self._failed[name]
        raise Busy(
            "it is still being looked at",
            detail="The first look takes longer where there are thousands of policies.",
            hint="load the page again in a few seconds",
        )

    def forget(self) -> None:
        """Forget what is kept, but for what is made anew in the background."""
        with self._lock:
            self._kept = {name: kept for name, kept in self._kept.items() if name in self._threads}

    def close(self) -> None:
        """Close what is open; a look opens it again."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _open(self) -> ConnectionPool[Connection]:
        from psycopg_pool import ConnectionPool

        with self._lock:
            if self._pool is None:
                self._pool = ConnectionPool(
                    db.pool_conninfo(db.labelled(self.read_dsn, _APPLICATION)),
                    min_size=0,
                    max_size=self._settings.connections,
                    kwargs={"autocommit": True, "prepare_threshold": None},
                    configure=db.adapt,
                    check=ConnectionPool.check_connection,
                    open=True,
                    max_idle=60,
                    # who waits learns at once why there is none, by an attempt of his own
                    reconnect_timeout=_WAIT,
                    num_workers=2,
                    name=_APPLICATION,
                )
            return self._pool

    def _take(self, pool: ConnectionPool[Connection]) -> Connection:
        from psycopg_pool import PoolClosed, PoolTimeout

        if self._outage is not None:
            self._try()
        try:
            return pool.getconn(_WAIT)
        except PoolTimeout:
            self._try()
            raise Busy(
                "all connections of the page are in use",
                detail=f"There are {self._settings.connections}.",
                hint="try again in a second",
            ) from None
        except PoolClosed:
            raise Busy("the server ends", hint="try again in a second") from None

    def _try(self) -> None:
        try:
            db.connect(db.labelled(self.read_dsn, _APPLICATION)).close()
        except DatabaseUnavailable as error:
            self._note(error)
            raise

    def _note(self, error: DatabaseUnavailable) -> None:
        before = self._outage
        since = datetime.now(UTC) if before is None else before.since
        self._outage = Outage(since, error.detail or error.message)
