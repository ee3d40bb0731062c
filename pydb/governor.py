"""The governor: what runs look at before a batch, and what they make of it.

Intervals are PostgreSQL's text (``"00:00:01"``). Every function raises :class:`pydb.errors.PydbError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydb import db

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pydb.db import Connection


@dataclass(frozen=True, slots=True)
class Indicator:
    """A row of ``pydb.governor_status``: no value = unknown or not available; ``runs`` are held by it."""

    indicator: str
    value: float | None
    unit: str | None
    threshold: float
    signal: str
    decision: str
    since: datetime | None
    reason: str | None
    back_off: str
    patience: str
    runs: list[int] | None


def governor_status(conn: Connection) -> list[Indicator]:
    """What every indicator says now."""
    return db.read_as(conn, Indicator, "governor")


def governor_set(
    conn: Connection,
    name: str,
    *,
    function: str | None = None,
    threshold: float | None = None,
    back_off: str | None = None,
    patience: str | None = None,
    leaves_out: Sequence[str] | None = None,
    expects: Sequence[str] | None = None,
    enabled: bool | None = None,
) -> None:
    """Change an indicator, or add one (YD801); None leaves as it is."""
    db.call(
        conn,
        "governor_set",
        p_name=name,
        p_function=function,
        p_threshold=threshold,
        p_back_off=back_off,
        p_patience=patience,
        p_leaves_out=None if leaves_out is None else tuple(leaves_out),
        p_expects=None if expects is None else tuple(expects),
        p_enabled=enabled,
    )


def governor_drop(conn: Connection, name: str) -> bool:
    """Drop an indicator of your own; YD802 for an unknown one, or one of pydb's."""
    return bool(db.call_value(conn, "governor_drop", p_name=name))
