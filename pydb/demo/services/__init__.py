"""The services of ``pydb demo NAME``: each uses pydb as such a service does, and proves what it claims.

:data:`SERVICES` names them, :mod:`~.stage` is what each is given: a server, a database with pydb in it, a
place for files, and the table of what it proved. How one is written is in README.md beside this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

from pydb.errors import UsageError

if TYPE_CHECKING:
    from pydb.demo.services.stage import Stage


@dataclass(frozen=True, slots=True)
class Entry:
    """A service: its package is ``pydb.demo.services.<name with underscores>``.

    ``what`` is one line for ``pydb demo --list``; ``rows`` the size that is meant; ``installs``: it installs
    pydb itself, as a role of its own.
    """

    name: str
    what: str
    rows: int
    installs: bool = False


class Service(Protocol):
    """What the package of a service has."""

    def prove(self, stage: Stage) -> None:
        """Load the data, do the work, and enter each proof into the stage."""


SERVICES: Final = {
    entry.name: entry
    for entry in (
        Entry(
            "telemetry-lab",
            "one data set out of six tables, orphaned scores, a million training rows in flat memory, routes",
            1_000_000,
        ),
        Entry(
            "weather-archive",
            "files of a station and year from a service that misbehaves: tried again, verified, asked",
            1_000_000,
        ),
        Entry(
            "lighting-controller",
            "a scheduler in the application, totals before pruning, health, new passwords, a restored copy",
            1_000_000,
            installs=True,
        ),
        Entry(
            "trading-back-end",
            "a request that fifty retries do once, three prunes a night, a silent model, events, the page",
            1_000_000,
        ),
        Entry(
            "coaching-platform",
            "telemetry of requests, changes and jobs; baselines broken, named, mended by runbooks",
            100_000,
        ),
    )
}


def find(name: str) -> Entry:
    """The service of a name; unknown ones are refused with the names that there are."""
    try:
        return SERVICES[name]
    except KeyError:
        raise UsageError(
            f"there is no demo {name}", detail=f"there are {', '.join(SERVICES)}", hint="pydb demo --list"
        ) from None


def load(entry: Entry) -> Service:
    """The package of a service; what it needs besides pydb is the extra ``demo``."""
    try:
        return cast("Service", import_module(f"{__name__}.{entry.name.replace('-', '_')}"))
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("pydb"):
            raise
        raise UsageError(
            f"the demo {entry.name} needs {error.name}", hint="in pydb's source tree: pip install '.[demo]'"
        ) from None
