"""What an export that was killed has left: temporary files, and whole files whose rows are still there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydb import db, errors, runs
from pydb.archive import manifest, target, verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.archive.manifest import Owner
    from pydb.archive.outcome import Outcome
    from pydb.archive.target import Target
    from pydb.db import Connection, Row
    from pydb.runs import Run


def remove(reader: Connection, place: Target, own: Owner, run: Run) -> list[str]:
    """Remove temporary files of this database's runs that have ended; their names.

    Those of another database are not ours. A manifest is written before its file gets its name: one whose
    file still has its temporary name goes with that, and first, so that it never stands there alone.
    """
    removed = []
    names = place.names()
    for name in names:
        owner = manifest.owner(name)
        if not name.endswith(target.TEMPORARY) or owner is None or owner[0] != own:
            continue
        if owner[1] != run.id and not _is_live(reader, owner[1]):
            whole = name.removesuffix(target.TEMPORARY)
            described = whole + manifest.MANIFEST
            if whole not in names and described in names:
                place.remove(described)
                removed.append(described)
            place.remove(name)
            removed.append(name)
    return removed


def adopt(reader: Connection, pending: Sequence[Row], outcome: Outcome) -> None:
    """Let the run of ``outcome`` delete what is still there of whole files; others are given up.

    The same check as when they were written.
    """
    for row in pending:
        name, place = str(row["file"]), str(row["place"])
        known = manifest.parse(manifest.sealed(row["manifest"]))
        try:
            verdict = verify.check(target.find(place), known)
        except (errors.PydbError, OSError) as error:
            verdict = verify.Verdict(name, verify.Result.UNREADABLE, str(error))
        is_ok = verdict.result is verify.Result.OK
        if not is_ok:
            outcome.refused.append(verdict)
        is_adopted = db.call_value(
            reader,
            "pydb_internal.archive_adopt",
            p_manifest=row["manifest_id"],
            p_request=outcome.request if is_ok else None,
        )
        if is_ok and is_adopted:
            outcome.adopted.append(name)


def _is_live(reader: Connection, run_id: int) -> bool:
    found = runs.summaries(reader, [run_id])
    return bool(found) and found[0].state in runs.LIVE_STATES and not found[0].is_dead
