"""Names of policies, entities, references, holds, for the shell to complete; none without a database."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydb.db import Connection


def policies(incomplete: str) -> list[str]:
    """Policies that begin so."""
    from pydb import retention

    return _found(incomplete, lambda conn: (one.name for one in retention.policies(conn)))


def entities(incomplete: str) -> list[str]:
    """Entities that begin so."""
    from pydb import references

    return _found(incomplete, lambda conn: (one.name for one in references.entities(conn)))


def references(incomplete: str) -> list[str]:
    """References that begin so."""
    from pydb import references as module

    return _found(incomplete, lambda conn: (one.reference for one in module.references(conn)))


def holds(incomplete: str) -> list[str]:
    """Holds that were not released and begin so."""
    from pydb import holds as module

    return _found(incomplete, lambda conn: (one.name for one in module.holds(conn)))


def _found(incomplete: str, read: Callable[[Connection], Iterable[str]]) -> list[str]:
    from pydb import db
    from pydb.errors import PydbError

    with contextlib.suppress(PydbError), db.connect() as conn:
        return [name for name in read(conn) if name.startswith(incomplete)]
    return []
