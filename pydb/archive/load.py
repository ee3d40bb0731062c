"""A file back into a table: read back and verified first, then in one transaction, conflicts told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydb import db, errors
from pydb.archive import files, manifest, verify

if TYPE_CHECKING:
    from pydb.archive.manifest import Manifest
    from pydb.archive.target import Target
    from pydb.db import Connection


@dataclass(frozen=True, slots=True)
class Imported:
    """What one import did; ``sample`` has keys that were there again, ten at most."""

    file: str
    table: str
    rows: int
    rows_imported: int
    rows_skipped: int
    sample: object
    dry_run: bool


def known(target: Target, name: str) -> Manifest:
    """The manifest of a file that is whole; :class:`~pydb.errors.FileRefused` (YD622) for any other."""
    verdicts = [one for one in verify.directory(target, only=name) if one.file == name]
    if not verdicts or verdicts[0].result is not verify.Result.OK:
        result, why = (verdicts[0].result, verdicts[0].why) if verdicts else (verify.Result.MISSING, None)
        raise errors.FileRefused(
            f"{name} is {result}", detail=why, hint=f"pydb archive verify {target.place}", sqlstate="YD622"
        )
    with target.open(name + manifest.MANIFEST) as file:
        return manifest.parse(file.read())


def load(
    conn: Connection,
    target: Target,
    name: str,
    *,
    into: str | None = None,
    on_conflict: Literal["stop", "skip"] = "stop",
    dry_run: bool = False,
) -> Imported:
    """Import one file into the table it is from, or ``into``. All of it or nothing.

    A key that is there again stops it (YD625), or is skipped. A column that is gone, or of another type,
    refuses it (YD624); so does a parent that is gone (23503), as it would the application.
    """
    found = known(target, name)
    columns = found.document()["columns"]
    relation = db.read(conn, "relation_oid", name=into or found.source)[0]["oid"]
    with db.transaction(conn, rollback=dry_run):
        db.call(conn, "pydb_internal.export_pin")
        statement = db.call_value(
            conn, "pydb_internal.archive_import_open", p_relation=relation, p_columns=columns
        )
        rows = db.copy_in(conn, str(statement), files.read(target, name))
        if rows != found.rows:
            raise errors.FileRefused(f"{name} gave {rows} rows of {found.rows}", sqlstate="YD622")
        (done,) = db.call(
            conn,
            "pydb_internal.archive_import_rows",
            p_relation=relation,
            p_columns=columns,
            p_on_conflict=on_conflict,
            p_file=name,
            p_is_dry=dry_run,
            p_from=db.read(conn, "temporary", name="pydb_import")[0]["oid"],
        )
    return Imported(
        name,
        into or found.source,
        rows,
        int(str(done["rows_imported"])),
        int(str(done["rows_skipped"])),
        done["sample"],
        dry_run,
    )
