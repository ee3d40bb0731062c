"""What ``pydb archive`` shows of archives in the database, and restores in pieces."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from pydb import shell
from pydb.cli import _output
from pydb.errors import PydbError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydb.archive.kept import Kept, RestoreOptions, Step
    from pydb.db import Connection

# of these codes of a step none is a conflict
TOLD = {
    "trigger": "triggers of the table ran",
    "sequence": "a sequence of the table may be behind: its value can neither be seen nor set by this role",
    "later": "more rows are left for the next call",
    "same": "rows that are there as the files have them were left alone",
}
SHOWN = 20


def key(text: str | None) -> Mapping[str, object] | None:
    """The key of ``--key``: an object in JSON, or column=value."""
    if text is None:
        return None
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            raise UsageError(f"--key is no JSON: {error}", hint="--key '{\"id\": 42}'") from None
        return dict(found)
    column, equals, value = text.partition("=")
    if not equals:
        raise UsageError("--key names no column", hint="--key id=42")
    return {column.strip(): value}


def restore(conn: Connection, run_id: int, options: RestoreOptions, batch: int | None) -> list[Step]:
    """One restore, or (batch) one transaction after the other until nothing more goes back.

    What was committed stays whatever happens then; how much that is, and what is left, is said.
    """
    from pydb import db
    from pydb.archive import kept

    def once(bound: int | None) -> list[Step]:
        # p_key and p_max_rows left out are not the same as null to a type checker
        more: RestoreOptions = {**options, "max_rows": bound} if bound else options
        with db.transaction(conn):
            return kept.restore(conn, run_id, **more)

    if batch is None or options.get("dry_run"):
        return once(None)
    total = sum(row.rows for row in kept.kept(conn, run_id))
    steps: list[Step] = []
    bound, done = batch, 0
    try:
        while True:
            again = once(bound)
            steps = added(steps, again)
            came = sum(step.restored for step in again)
            done += came
            _output.say(f"{done:,} of {total:,} rows went back")
            if not any("later" in step.codes for step in again):
                return steps
            # what conflicts is met again by the next one, in front of what is left
            bound = batch + sum(step.conflicts for step in again) if came else 2 * bound
    except (KeyboardInterrupt, PydbError):
        _output.say(
            f"stopped: {done:,} rows of run {run_id} went back for good, {total - done:,} are in the archive;"
            " the same command goes on with them"
        )
        raise


def added(before: Sequence[Step], after: Sequence[Step]) -> list[Step]:
    """Steps of two calls as one: what the second found is what is left."""
    latest = {step.relation: step for step in after}
    done = {step.relation: step.restored for step in before}
    sums = [
        replace(
            latest.get(step.relation, replace(step, restored=0, conflicts=0, codes=[], found=[])),
            rows=step.rows,
            restored=done[step.relation] + (latest[step.relation].restored if step.relation in latest else 0),
        )
        for step in before
    ]
    return sums + [step for step in after if step.relation not in done]


def show(steps: Sequence[Step], *, dry_run: bool) -> None:
    """A table of tables, then the conflicts."""
    _output.table(
        ["relation", "rows", "would go back" if dry_run else "went back", "conflicts", "codes"],
        [(s.relation, s.rows, s.restored, s.conflicts, ", ".join(s.codes)) for s in steps],
        right=("rows", "would go back", "went back", "conflicts"),
    )
    for step in steps:
        for one in step.found[:SHOWN]:
            _output.out(f"{step.relation} {_output.show(one['key'])}: {one['code']} ({one['what']})")
        if step.conflicts > min(len(step.found), SHOWN):
            _output.out(f"{step.relation}: {step.conflicts - SHOWN:,} more; --json has up to 1000")
        for code in TOLD.keys() & set(step.codes):
            _output.say(f"{step.relation}: {TOLD[code]}")


def show_kept(rows: Sequence[Kept]) -> None:
    """What runs have in archives."""
    _output.table(
        [
            "run",
            "kind",
            "subject",
            "relation",
            "rows",
            "archived",
            "back",
            "purged",
            "in files",
            "when",
            "until",
        ],
        [
            (
                row.run_id,
                row.kind,
                row.subject,
                row.relation,
                row.rows,
                row.archived,
                row.restored,
                row.purged,
                row.exported,
                row.last_at,
                row.until,
            )
            for row in rows
        ],
        right=("run", "rows", "archived", "back", "purged", "in files"),
        less=("in files", "subject"),
    )


def show_files(run_id: int, files: Sequence[Mapping[str, object]]) -> None:
    """Files that what a run had archived went to, and how they come back."""
    if not files:
        return
    _output.out()
    _output.table(
        ["file", "relation", "rows", "taken out", "size", "from", "to", "place"],
        [
            (
                f["file"],
                f["source_name"],
                f["rows"],
                f["rows_deleted"],
                _output.size(int(str(f["bytes"]))),
                f["oldest"],
                f["newest"],
                f["place"],
            )
            for f in files
        ],
        right=("rows", "taken out", "size"),
        less=("size", "taken out", "from", "to"),
    )
    for place in dict.fromkeys(str(f["place"]) for f in files):
        _output.out(shell.command("pydb archive import", place, options=f"--run {run_id}"))


def document(rows: Sequence[Kept]) -> list[Mapping[str, object]]:
    """The same for programs."""
    return [asdict(row) for row in rows]
