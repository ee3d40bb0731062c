"""What to do about each part that is not well: the next command, and the page that one opens at night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from pydb import health

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydb.health import Component

LATE_SECONDS: Final = 2 * 86400
"""A lag of the aggregation from which on it is too late."""

_BOOK: Final = "ops/runbooks"
PLAYBOOKS: Final[Mapping[str, str]] = {
    "database": f"{_BOOK}/LifecycleHealthUnknown.md",
    "migrations": f"{_BOOK}/LifecycleMigrationMismatch.md",
    "retention": f"{_BOOK}/LifecycleRetentionOverdue.md",
    "schedule": f"{_BOOK}/LifecycleSchedulerJobMissing.md",
    "orphans": f"{_BOOK}/LifecycleOrphanScanOverdue.md",
    "aggregation": "docs/services.md#lighting-controller",
}
ANY: Final = f"{_BOOK}/LifecycleHealthError.md"


def aggregation(lag: float) -> Component:
    """The part of the controller itself that pruning waits for."""
    days = lag / 86400
    if lag <= LATE_SECONDS:
        return health.Component("aggregation", "ok", "well", f"summed up to {days:.1f} days ago")
    return health.Component(
        "aggregation",
        "degraded",
        "late",
        f"nothing was summed up for {days:.1f} days; raw events wait, none is pruned before",
        {"lag_seconds": lag},
        "curl -X POST http://localhost:8000/aggregate-now",
    )


def document(found: Sequence[Component]) -> dict[str, object]:
    """The health document, with ok, degraded or error, and a playbook for each part that is not well."""
    body = health.document(found)
    state = health.overall(found)
    checks = cast("dict[str, list[dict[str, object]]]", body["checks"])
    for one in found:
        if one.status != "ok":
            checks[f"{one.component}:status"][0]["playbook"] = PLAYBOOKS.get(one.component, ANY)
    return {**body, "state": "error" if state == "unknown" else state}
