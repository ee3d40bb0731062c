"""Compare what the dry run announced with what is gone, by counts taken before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Line:
    """One relation: rows ``before`` the runs, ``planned`` to go, ``locked`` by someone else, ``left`` now."""

    relation: str
    before: int
    planned: int
    locked: int
    left: int

    @property
    def deleted(self) -> int:
        """Rows that are gone, whoever says what about them."""
        return self.before - self.left

    @property
    def holds(self) -> bool:
        """True if exactly the planned rows are gone, but for those that were locked."""
        return self.deleted == self.planned - self.locked


def compare(
    before: Mapping[str, int],
    planned: Mapping[str, int],
    locked: Mapping[str, int],
    after: Mapping[str, int],
) -> list[Line]:
    """One line for every relation that was there, is there now, or was planned for; none is left out."""
    return [
        Line(name, before.get(name, 0), planned.get(name, 0), locked.get(name, 0), after.get(name, 0))
        for name in sorted({*before, *planned, *after})
    ]
