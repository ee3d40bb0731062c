"""Load the example into a database, and count it in plain SQL that shares nothing with pydb's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pydb import db

SCHEMAS: Final = ("telemetry", "trading")
POLICIES: Final = Path(__file__).resolve().parent / "policies.toml"
LOCKED_POLICY: Final = "trade_events"
LOCKED_RELATION: Final = "trading.trade_events"

Progress = Callable[[str, int, int], None]
"""Called with the title of a step, its number from 0 and the number of steps: before each, and at the end."""

_STEP: Final = re.compile(r"^-- step: ", re.MULTILINE)


@dataclass(frozen=True)
class Expected:
    """What must become of a relation at a given moment.

    ``expired`` rows go, ``blocked`` ones would but for a foreign key, ``no_time`` ones have a null there and
    ``never`` ones infinity.
    """

    relation: str
    expired: int
    blocked: int
    no_time: int
    never: int


def script(name: str) -> str:
    """Text of one of the example's SQL files."""
    return (POLICIES.parent / name).read_text("utf-8")


def present_schemas(conn: db.Connection) -> list[str]:
    """Those of the example's schemas that the database has already."""
    return [str(row["schema_name"]) for row in db.run_query(conn, script("schemas.sql"))]


def load(conn: db.Connection, rows: int, progress: Progress) -> datetime:
    """Create and fill the example with about ``rows`` rows in one transaction; return its moment "now".

    Small tables have a least size: below 10 000 rows the example is larger than asked for.
    """
    steps = [("schemas and tables", script("schema.sql")), *_steps("data.sql"), *_steps("constraints.sql")]
    with db.transaction(conn):
        (begun,) = db.run_query(conn, script("begin.sql"), rows=rows)
        for number, (title, text) in enumerate(steps):
            progress(title, number, len(steps))
            db.run_script(conn, text)
    progress("done", len(steps), len(steps))
    now = begun["now"]
    assert isinstance(now, datetime)  # noqa: S101 - the column is a timestamptz
    return now


def counts(conn: db.Connection) -> dict[str, int]:
    """Rows of each table of the example (each partition where there are some), counted."""
    return {str(row["relation"]): _integer(row["rows"]) for row in db.run_query(conn, script("counts.sql"))}


def expected(conn: db.Connection, now: datetime) -> dict[str, Expected]:
    """What must go and stay at ``now``, per relation that a policy names or a foreign key drags along."""
    rows = db.run_query(conn, script("expected.sql"), now=now)
    return {
        str(row["relation"]): Expected(
            str(row["relation"]),
            *(_integer(row[name]) for name in ("expired", "blocked", "no_time", "never")),
        )
        for row in rows
    }


@contextmanager
def locked_row(conn: db.Connection, now: datetime) -> Iterator[int]:
    """Hold a lock on one expired trade while the block runs; yields its id. ``conn`` must do nothing else."""
    with db.transaction(conn, rollback=True):
        (row,) = db.run_query(conn, script("lock.sql"), now=now)
        yield _integer(row["id"])


def _steps(name: str) -> list[tuple[str, str]]:
    """Title and text of each step of a file; what stands before the first is a comment."""
    parts = _STEP.split(script(name))[1:]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


def _integer(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"not an integer: {value!r}")
    return value
