"""What ``pydb archive`` shows of files: exports and verdicts."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING

from pydb.cli import _output, _policies, _runs
from pydb.errors import ExitCode, PydbError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydb.archive.load import Missing
    from pydb.archive.outcome import Outcome
    from pydb.archive.verify import Verdict
    from pydb.db import Connection


class OnConflict(StrEnum):
    """What becomes of rows of a file whose key is in the table."""

    STOP = "stop"
    SKIP = "skip"


def policies(conn: Connection, names: Sequence[str]) -> list[str]:
    """The policies to export: those named, or all that are enabled and export."""
    from pydb import retention

    known = {one.name: one for one in retention.policies(conn)}
    for name in names:
        if name not in known:
            raise _policies.unknown(conn, name)
    return list(names) or [
        one.name for one in known.values() if one.enabled and "export" in (one.action, one.partition_first)
    ]


def confirm(conn: Connection, names: Sequence[str], now: str | None) -> bool:
    """Whether to go on: rows that would go, and a question."""
    from pydb import retention

    total = 0
    for name in names:
        rows = sum(row.rows for row in retention.plan(conn, name, now))
        _output.say(f"{name}: {rows:,} rows")
        total += rows
    if _output.confirm(f"Export {total:,} rows and delete them?", yes=total == 0):
        return True
    _output.say("nothing was exported")
    return False


def exit_code(outcomes: Sequence[Outcome], failures: Mapping[str, Exception]) -> ExitCode:
    """The worst of all."""
    codes = [
        ExitCode.ATTENTION if one.run is None else _runs.EXIT.get(one.run.state, ExitCode.FAILED)
        for one in outcomes
    ]
    codes += [_runs.EXIT.get(run.state, ExitCode.FAILED) for one in outcomes for run in one.carried]
    codes += [
        error.exit_code if isinstance(error, PydbError) else ExitCode.FAILED for error in failures.values()
    ]
    return max(codes, default=ExitCode.ATTENTION)


def exported(one: Outcome) -> dict[str, object]:
    """What one export did, for ``--json``."""
    return {
        "request": one.request,
        "run": None if one.run is None else asdict(one.run),
        "carried": [asdict(run) for run in one.carried],
        "tables": [table.document() for table in one.tables],
        "adopted": one.adopted,
        "refused": [asdict(verdict) for verdict in one.refused],
        "removed": one.removed,
        "seconds": round(one.seconds, 3),
    }


def document(outcomes: Sequence[Outcome], failures: Mapping[str, Exception]) -> dict[str, object]:
    """For ``--json``."""
    return {
        "policies": [{"policy": one.policy, **exported(one)} for one in outcomes],
        "failed": [{"policy": name, "error": str(error)} for name, error in failures.items()],
    }


def show(outcomes: Sequence[Outcome], failures: Mapping[str, Exception], subject: str = "policy") -> None:
    """Runs, and below them the tables."""
    _runs.show([one.run for one in outcomes if one.run is not None], subject)
    if carried := [run for one in outcomes for run in one.carried]:
        _runs.show(carried, "archived by")
    rows = [
        (
            table.relation,
            table.rows,
            len(table.files),
            _output.size(table.bytes_raw),
            _output.size(table.bytes),
            table.ratio,
            table.attempts,
            table.error,
        )
        for one in outcomes
        for table in one.tables
    ]
    _output.table(
        ["relation", "rows", "files", "size", "compressed", "ratio", "attempts", "error"],
        rows,
        right=("rows", "files", "size", "compressed", "ratio", "attempts"),
        less=("attempts", "ratio", "size"),
    )
    for one in outcomes:
        for name in one.adopted:
            _output.out(f"{one.policy}: went on with {name}")
        for verdict in one.refused:
            _output.out(f"{one.policy}: {verdict.file} is {verdict.result}: its rows were not deleted for it")
        for name in one.removed:
            _output.out(f"{one.policy}: removed {name}")
    for name, error in failures.items():
        _output.out(f"{name}: {error}")
    if not outcomes and not failures:
        _output.say("nothing ran: no enabled policy exports")


def show_holds(holds: Sequence[Missing]) -> None:
    """What was held where files are from, and whether it is here."""
    for one in holds:
        said = f"hold {one.name} (by {one.kind}: {one.reason}) was in force on {one.relation}"
        if one.placed_as is None:
            _output.say(f"YD706: {said} where the files are from, and is not known here: --with-holds")
        else:
            _output.out(f"{said}: all of {one.relation} is held here by {one.placed_as}")


def verified(verdicts: Sequence[Verdict], bad: Sequence[Verdict]) -> dict[str, object]:
    """For ``--json``."""
    from pydb.archive import verify

    return {
        "files": [asdict(one) for one in verdicts],
        "counts": verify.counts(verdicts),
        "bad": len(bad),
    }


def show_verdicts(verdicts: Sequence[Verdict], bad: Sequence[Verdict]) -> None:
    """A table, and a sum."""
    _output.table(
        ["file", "result", "table", "rows", "size", "why"],
        [(one.file, one.result, one.source, one.rows, _output.size(one.bytes), one.why) for one in verdicts],
        right=("rows", "size"),
        less=("size", "table"),
    )
    _output.say(f"{len(verdicts)} files, {len(bad)} bad")
