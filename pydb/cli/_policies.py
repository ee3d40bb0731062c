"""What commands about policies share: the answer to a name that is none."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from pydb.errors import UnknownName

if TYPE_CHECKING:
    from pydb.db import Connection


def unknown(conn: Connection, name: str) -> UnknownName:
    """The error for a policy that does not exist, the same from every command."""
    from pydb import retention

    known = [policy.name for policy in retention.policies(conn)]
    near = difflib.get_close_matches(name, known, n=1)
    return UnknownName(
        f"there is no retention policy '{name}'",
        detail="Known: " + ", ".join(known) if known else "No policy has been set yet.",
        hint=f"did you mean {near[0]}?" if near else "see: pydb policy list",
        sqlstate="YD002",
    )
