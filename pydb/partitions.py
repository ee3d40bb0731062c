"""What of dropping partitions no routine can do: ``ALTER TABLE … DETACH PARTITION … CONCURRENTLY``.

It takes no lock that a statement of the application waits for, and waits itself until everybody who uses
the table has ended his transaction. The database says which partitions may go that way and notes each before
it is begun; the run that follows drops, keeps or moves what is detached, and finishes what was broken off.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, cast

from pydb import db
from pydb.errors import DatabaseUnavailable, PydbError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from pydb.db import Connection

_CANCELLED = "57014"
_CANDIDATES = "pydb_internal.retention_detach_candidates"
_STATEMENT = "pydb_internal.retention_detach_statement"


def detach(
    conn: Connection,
    policy: str | None = None,
    *,
    max_rows: int | None = None,
    max_runtime: str | None = None,
    now: str | datetime | None = None,
    request: UUID | None = None,
) -> int:
    """Detach what the next run of a policy (None: of each enabled one) would drop; returns how many.

    Nothing is raised for a policy that cannot run: the run says so. ``conn`` must be autocommit and idle.
    Raises :class:`~pydb.errors.PydbError` where the connection is lost, or the caller cancelled.
    """
    names = [policy] if policy is not None else _names(conn)
    (bounds,) = db.read(conn, "detach_bounds", max_runtime=max_runtime)
    patience = cast("float", bounds["patience"])
    runtime = cast("float | None", bounds["runtime"])
    end = None if runtime is None else time.monotonic() + runtime
    done = 0
    for name in names:
        with _the_run_says_it():
            found = db.call(
                conn,
                _CANDIDATES,
                p_policy=name,
                p_max_rows=max_rows,
                p_now=now,
            )
            for row in found:
                (partition,) = row.values()
                if end is not None and time.monotonic() >= end:
                    return done
                statement = db.call_value(
                    conn,
                    _STATEMENT,
                    p_policy=name,
                    p_partition=partition,
                    p_request=request,
                    p_now=now,
                )
                left = patience if end is None else min(patience, end - time.monotonic())
                if statement is None or not _run_within(conn, str(statement), left):
                    break
                done += 1
    return done


def _names(conn: Connection) -> list[str]:
    names = db.call_value(conn, "pydb_internal.retention_policy_names", p_policy=None)
    return cast("list[str] | None", names) or []


@contextlib.contextmanager
def _the_run_says_it() -> Iterator[None]:
    try:
        yield
    except PydbError as error:
        if isinstance(error, DatabaseUnavailable) or error.sqlstate in (None, _CANCELLED):
            raise


def _run_within(conn: Connection, statement: str, seconds: float) -> bool:
    """Run it; False where somebody was in the way for so long that it was cancelled.

    A lock_timeout would be a setting of the session, which a pooler hands on to others.
    """
    is_late = threading.Event()

    def cancel() -> None:
        is_late.set()
        db.cancel(conn)

    timer = threading.Timer(max(seconds, 0.0), cancel)
    timer.daemon = True
    timer.start()
    try:
        db.run_text(conn, statement)
    except PydbError as error:
        if error.sqlstate != _CANCELLED or not is_late.is_set():
            raise
        return False
    finally:
        timer.cancel()
        timer.join()
        if is_late.is_set():
            with contextlib.suppress(PydbError):
                db.read(conn, "server")  # a cancel that came too late meets this one
    return True
