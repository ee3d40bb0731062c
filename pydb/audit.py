"""The audit log, sealed in blocks: the head of the chain, sealing, and what is not as it was sealed.

Every function raises :class:`pydb.errors.PydbError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydb import db

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pydb.db import Connection

HEAD: Final = r"[0-9]{1,18}:[0-9a-f]{64}"
"""What a head looks like: block and hash."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain; ``hash`` in hex, empty before the first block."""

    block: int
    to_id: int
    hash: str
    sealed_at: datetime | None
    verified_block: int
    verified_at: datetime | None

    def __str__(self) -> str:
        return f"{self.block}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not as it was sealed: a row of ``pydb.audit_verify``."""

    finding: str
    block: int
    audit_id: int | None
    detail: str


def head(conn: Connection) -> Head | None:
    """The last block; None where nothing has been sealed yet."""
    found = db.read_as(conn, Head, "audit_head")
    return found[0] if found and found[0].block > 0 else None


def seal(conn: Connection, for_: str | None = None) -> None:
    """Seal what was entered; ``for_`` (an interval): go on so long. ``conn`` must be autocommit and idle."""
    db.call_procedure(conn, "audit_seal_run", p_for=for_)


def verify(conn: Connection, heads: Sequence[str] = ()) -> list[Finding]:
    """What is not as it was sealed, of all blocks; ``heads`` were kept elsewhere."""
    return db.call_as(conn, Finding, "audit_verify", p_heads=tuple(heads))


def verified(conn: Connection, heads: Sequence[str] = ()) -> str:
    """Verify all and note that (YD861 where something is not as it was sealed). Returns a sentence."""
    return str(db.call_value(conn, "audit_verified", p_heads=tuple(heads)))
