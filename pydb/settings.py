"""Settings: the rows of ``pydb.setting`` and how they are changed.

Every function raises :class:`pydb.errors.PydbError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydb import db

if TYPE_CHECKING:
    from datetime import datetime

    from pydb.db import Connection


@dataclass(frozen=True, slots=True)
class Setting:
    """A row of ``pydb.setting``; ``value`` is text, None = not set."""

    name: str
    value: str | None
    description: str
    value_type: str
    updated_at: datetime
    updated_by: str


def settings(conn: Connection) -> list[Setting]:
    """All settings by name."""
    return db.read_as(conn, Setting, "settings")


def setting_set(conn: Connection, name: str, value: str | None) -> Setting:
    """Change one setting after a check of its type and bounds (YD008); audited."""
    (row,) = db.call_as(conn, Setting, "setting_set", p_name=name, p_value=value)
    return row
