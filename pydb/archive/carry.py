"""Rows of the SQL archive to files: the same writer, checks and manifest as an export of a policy.

What an archive has of one run goes to files of its own, as the rows of the table that they came from. Only
when a file was found whole and entered are exactly its rows taken out of the archive, by a run of the engine
(``pydb.archive_export_run``). So at any moment a row is in the archive, or in a file that was found whole.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydb import db
from pydb.archive import export
from pydb.archive.noted import Noted

if TYPE_CHECKING:
    from datetime import datetime

    from pydb.archive.deleter import Deleter
    from pydb.archive.files import Content
    from pydb.archive.manifest import Manifest
    from pydb.archive.outcome import Outcome, TableResult
    from pydb.archive.target import Target
    from pydb.db import Connection, Row
    from pydb.runs import Run


def export_archived(
    conn: Connection,
    reader: Connection,
    target: Target,
    *,
    run_id: int | None = None,
    table: int | None = None,
    leave: bool = False,
    max_rows: int | None = None,
    max_runtime: str | None = None,
    blocks: int = export.BLOCKS,
    parquet: bool = False,
) -> Outcome:
    """Export what archives hold of a run, of a table (its oid), or of both, to ``target``.

    ``leave``: the files are written and verified, and the rows stay in the archive. Both connections are
    autocommit and idle, as in :func:`pydb.archive.export.export`, which tells how it ends.
    """
    work = _Archived(conn, reader, target, run_id, table, blocks, leave=leave, parquet=parquet)
    return work.run(max_rows, max_runtime, None)


class _Archived(export.Exporter):
    procedure = "archive_export_run"
    kind = "archive"

    def __init__(  # noqa: PLR0917
        self,
        conn: Connection,
        reader: Connection,
        target: Target,
        run_id: int | None,
        table: int | None,
        blocks: int,
        *,
        leave: bool,
        parquet: bool,
    ) -> None:
        self._scope = db.call_value(
            reader, "pydb_internal.archive_export_scope", p_run_id=run_id, p_table=table, p_leave=leave
        )
        subject = str(self._scope["subject"]) if isinstance(self._scope, dict) else ""
        super().__init__(conn, reader, subject, target, blocks, parquet=parquet)
        self._run_id, self._table, self._leave = run_id, table, leave

    def _arguments(self, max_rows: int | None) -> dict[str, object]:
        self._left = max_rows
        given: dict[str, object] = {
            "p_run_id": self._run_id,
            "p_request": self._outcome.request,
            "p_leave": self._leave,
        }
        if self._table is not None:
            given["p_table"] = self._table
        return given

    def _is_planned(self, run: Run) -> bool:
        return run.rows_planned is not None

    def _leaves(self) -> list[Row]:
        return db.call(self._reader, "pydb_internal.archive_export_leaves", p_scope=self._scope)

    def _pending(self) -> list[Row]:
        return db.call(
            self._reader,
            "pydb_internal.archive_export_pending",
            p_scope=self._scope,
            p_request=self._outcome.request,
        )

    def _range(self, run: Run, leaf: Row, part: range, cutoff: datetime | None) -> Row:  # noqa: ARG002
        first = int(str(leaf["from_block"]))
        (found,) = db.call(
            self._reader,
            "pydb_internal.archive_export_range",
            p_archive=leaf["relation"],
            p_run_id=leaf["run_id"],
            p_from=first + part.start,
            p_until=min(first + part.stop, int(str(leaf["to_block"]))),
            p_limit=self._left,
        )
        return found

    def _sweep(self, run: Run, leaf: Row, result: TableResult, deleter: Deleter) -> int:
        """Where its rows were appended; then, if some are missing, wherever else they can lie."""
        first, last, end = (int(str(leaf[name])) for name in ("from_block", "to_block", "all_blocks"))
        wanted, done = int(str(leaf["rows"])), 0
        for begin, until in ((first, last), (0, first), (last, end)):
            if done >= wanted or (self._left is not None and self._left <= 0):
                return 0
            part = {**leaf, "from_block": begin, "to_block": until, "blocks": until - begin}
            done += super()._sweep(run, part, result, deleter)
        if done < wanted and not deleter.ended.is_set():
            # a restore has taken them, or the archive is not what its books say: that is told by this
            with db.snapshot(self._reader):
                db.call(self._reader, "pydb_internal.archive_parts", p_run_id=leaf["run_id"])
        return 0

    def _described(  # noqa: PLR0917
        self,
        run: Run,
        leaf: Row,
        name: str,
        found: Row,
        noted: Noted,
        content: Content,
        cutoff: datetime | None,
    ) -> Manifest:
        known = super()._described(run, leaf, name, found, noted, content, cutoff)
        return replace(known, policy=None, archived_run=int(str(leaf["run_id"])))

    def _enter(self, known: Manifest, signature: str, noted: Noted) -> object:
        if not self._leave:
            return super()._enter(known, signature, noted)
        number = super()._enter(known, signature, Noted())
        # nothing is to be deleted for it
        db.call(self._reader, "pydb_internal.archive_adopt", p_manifest=number, p_request=None)
        return number


def files_of(conn: Connection, run_id: int) -> list[Row]:
    """The verified files of what a run archived: file, place, source_name, rows, oldest, newest and more."""
    return db.read(conn, "archive_files", run=run_id)
