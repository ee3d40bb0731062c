"""What a service is given, and what it proved: a claim, what was measured, the limit that it had to keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydb.demo.screen import Screen
    from pydb.embedded import Server

Value = bool | int | float | str

DATABASE: Final = "demo"


@dataclass(frozen=True, slots=True)
class Proof:
    """One line of the table. ``key`` is its name for ``--limit``, ``limit`` says what was allowed."""

    key: str
    claim: str
    measured: str
    limit: str
    ok: bool


class Stopped(Exception):
    """A claim does not hold, and that was enough."""


@dataclass
class Stage:
    """A server of its own, the database ``demo`` on it with pydb installed, and the proofs so far.

    Attributes:
        server: for what needs more than a database: programs, files, a second database.
        dsn: of the database.
        rows: the size asked for; a service may have a least size.
        folder: an empty directory that is gone afterwards.
        limits: instead of the service's own, by the key of the proof; what is used is taken out.
        stop: end at the first claim that does not hold.
        result: what ``--json`` prints besides the proofs.
    """

    server: Server
    dsn: str
    rows: int
    folder: Path
    screen: Screen
    limits: dict[str, str] = field(default_factory=dict)
    stop: bool = False
    proofs: list[Proof] = field(default_factory=list)
    result: dict[str, object] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether something was proved, and nothing failed."""
        return bool(self.proofs) and all(proof.ok for proof in self.proofs)

    def at_most(self, key: str, claim: str, measured: float, limit: float, unit: str = "") -> None:
        """Prove that a figure is not above its limit."""
        bound = self._number(key, limit)
        self._enter(key, claim, _show(measured, unit), f"<= {_show(bound, unit)}", ok=measured <= bound)

    def at_least(self, key: str, claim: str, measured: float, limit: float, unit: str = "") -> None:
        """Prove that a figure is not below its limit."""
        bound = self._number(key, limit)
        self._enter(key, claim, _show(measured, unit), f">= {_show(bound, unit)}", ok=measured >= bound)

    def equal(self, key: str, claim: str, measured: Value, wanted: Value) -> None:
        """Prove that something is exactly as it had to be."""
        told, bound = _show(measured), self.limits.pop(key, None)
        ok = measured == wanted if bound is None else bound in (told, str(measured))
        self._enter(key, claim, told, _show(wanted) if bound is None else bound, ok=ok)

    def _number(self, key: str, limit: float) -> float:
        given = self.limits.pop(key, None)
        if given is None:
            return limit
        try:
            return float(given)
        except ValueError:
            raise UsageError(f"the limit {key} is a number, not {given!r}") from None

    def _enter(self, key: str, claim: str, measured: str, limit: str, *, ok: bool) -> None:
        self.proofs.append(Proof(key, claim, measured, limit, ok))
        told = measured if measured == limit else f"{measured} ({limit})"
        (self.screen.good if ok else self.screen.bad)(f"{'ok' if ok else 'NO'}  {claim}: {told}")
        if self.stop and not ok:
            raise Stopped

    def show(self) -> None:
        """The table of what was proved."""
        self.screen.step("What was proved")
        self.screen.table(
            ("claim", "measured", "limit", "ok"),
            ((one.claim, one.measured, one.limit, "yes" if one.ok else "NO") for one in self.proofs),
        )


def parse_limits(given: Sequence[str]) -> dict[str, str]:
    """``KEY=VALUE`` of the command line."""
    found = dict(one.partition("=")[::2] for one in given)
    wrong = next((one for one in given if not one.partition("=")[2]), None)
    if wrong is not None:
        raise UsageError(f"a limit is KEY=VALUE, not {wrong!r}", hint="the keys are in the JSON of a demo")
    return found


def refuse_unused(limits: Mapping[str, str], proofs: Sequence[Proof]) -> None:
    """A limit that no proof asked for was a mistake, and must not pass for a stricter run."""
    if limits:
        raise UsageError(
            f"no proof has the key {', '.join(sorted(limits))}",
            detail=f"there are {', '.join(proof.key for proof in proofs)}",
        )


def script(module: str, name: str) -> str:
    """Text of an SQL file beside a module: ``script(__file__, "schema.sql")``."""
    return (Path(module).resolve().parent / name).read_text("utf-8")


def _show(value: Value, unit: str = "") -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        value = f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
    elif isinstance(value, int):
        value = f"{value:,}"
    return f"{value} {unit}".rstrip()
