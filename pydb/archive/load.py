"""Files back into their tables: verified first, then as a restore puts rows back, in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal, cast

from pydb import bulk, db, errors, holds, shell
from pydb.archive import files, manifest, verify
from pydb.archive.kept import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from pydb.archive.manifest import Manifest
    from pydb.archive.target import Target
    from pydb.db import Connection


@dataclass(frozen=True, slots=True)
class Missing:
    """A hold that was in force where files are from, and that this database does not know.

    ``placed_as``: the hold of all rows of ``relation`` that was placed for it; None = none was.
    """

    relation: str
    name: str
    kind: str
    reason: str
    until: datetime | None
    placed_as: str | None


@dataclass(frozen=True, slots=True)
class Imported:
    """What one import did: a :class:`~pydb.archive.kept.Step` for each table, parents first.

    Of its ``rows`` some were restored, some are in conflict, the others were there as the files have them.
    ``holds``: what was held where the files are from, by holds that are not known here.
    """

    files: list[str]
    relations: list[Step]
    rows: int
    rows_imported: int
    rows_skipped: int
    dry_run: bool
    holds: list[Missing] = field(default_factory=list)


def known(target: Target, name: str) -> Manifest:
    """The manifest of a file that is whole; :class:`~pydb.errors.FileRefused` (YD622) for any other."""
    verdicts = [one for one in verify.directory(target, only=name) if one.file == name]
    if not verdicts or verdicts[0].result is not verify.Result.OK:
        result, why = (verdicts[0].result, verdicts[0].why) if verdicts else (verify.Result.MISSING, None)
        raise errors.FileRefused(
            f"{name} is {result}",
            detail=why,
            hint=shell.command("pydb archive verify", target.place),
            sqlstate="YD622",
        )
    with target.open(name + manifest.MANIFEST) as file:
        return manifest.parse(file.read())


def described(target: Target, name: str) -> Manifest:
    """What the manifest of a file says; :class:`~pydb.errors.FileRefused` (YD622) without a good one."""
    try:
        with target.open(name + manifest.MANIFEST) as file:
            return manifest.parse(file.read())
    except (FileNotFoundError, manifest.BadManifest) as error:
        why = "it has no manifest here" if isinstance(error, FileNotFoundError) else str(error)
        raise errors.FileRefused(
            f"{name} cannot be imported",
            detail=why,
            hint=shell.command("pydb archive verify", target.place),
            sqlstate="YD622",
        ) from None


def of_run(target: Target, run_id: int) -> list[str]:
    """Names of the files that hold what a run deleted: it exported them, or had archived their rows."""
    found = []
    for name in target.names():
        if name.endswith(manifest.ENDING + manifest.MANIFEST):
            with target.open(name) as file:
                try:
                    one = manifest.parse(file.read())
                except manifest.BadManifest:
                    continue  # verify tells; a run that needs it will miss its file
            if run_id == (one.run_id if one.archived_run is None else one.archived_run):
                found.append(one.file)
    if not found:
        raise errors.UsageError(
            f"no file of run {run_id} is in {target.place}",
            hint=shell.command("pydb archive verify", target.place),
        )
    return found


def load(
    conn: Connection,
    target: Target,
    names: str | Sequence[str],
    *,
    into: str | None = None,
    on_conflict: Literal["stop", "skip"] = "stop",
    key: Mapping[str, object] | None = None,
    table: str | None = None,
    allow_triggers: bool = False,
    dry_run: bool = False,
    search_path: Sequence[str] | None = None,
    with_holds: bool = False,
) -> Imported:
    """Import files of one place, of any tables: parents before what references them, all of it or nothing.

    A row that is in its table as the file has it is left alone, so a second import finds nothing to do. Rows
    that conflict (a key that is there again, a parent that is gone) stop it (YD625), or are skipped, and told
    with the codes of a restore. ``key``: only the rows of ``table`` with these values, and what references
    them in these files. A column of another type refuses it (YD624). ``into``: one table for all of them.
    ``search_path``: schemas in which triggers look for names; None = as the running role does.
    ``with_holds``: for each hold that was in force on a table where the files are from, and that is not known
    here, all rows of the table are held; the right to place holds is needed. Without it, each is warned of
    (YD706).
    """
    return load_all(
        conn,
        [(target, names)] if isinstance(names, str) else [(target, name) for name in names],
        into=into,
        on_conflict=on_conflict,
        key=key,
        table=table,
        allow_triggers=allow_triggers,
        dry_run=dry_run,
        search_path=search_path,
        with_holds=with_holds,
    )


def load_all(
    conn: Connection,
    sources: Iterable[tuple[Target, str]],
    *,
    into: str | None = None,
    on_conflict: Literal["stop", "skip"] = "stop",
    key: Mapping[str, object] | None = None,
    table: str | None = None,
    allow_triggers: bool = False,
    dry_run: bool = False,
    search_path: Sequence[str] | None = None,
    with_holds: bool = False,
) -> Imported:
    """:func:`load` of files that lie in several places."""
    found = [(target, known(target, name)) for target, name in dict.fromkeys(sources)]
    with db.transaction(conn, rollback=dry_run):
        db.call(conn, "pydb_internal.export_pin")
        places = _read_in(conn, found, into)
        steps = db.call_as(
            conn,
            Step,
            "pydb_internal.archive_import",
            p_places=places,
            p_on_conflict=on_conflict,
            p_key=key,
            p_table=None if table is None else _relation(conn, table),
            p_allow_triggers=allow_triggers,
            p_dry_run=dry_run,
            p_search_path=None if search_path is None else tuple(search_path),
        )
        # last: deletes of others wait from the first hold on until this is committed
        missing = [
            one
            for place in places
            if place["holds"]
            for one in _missing(conn, place, placed=with_holds and not dry_run)
        ]
    return Imported(
        [one.file for _, one in found],
        steps,
        sum(step.rows for step in steps),
        sum(step.restored for step in steps),
        sum(step.conflicts for step in steps),
        dry_run,
        missing,
    )


def _missing(conn: Connection, place: Mapping[str, object], *, placed: bool) -> list[Missing]:
    """The holds that came along with rows of a table and are not known here; held anew where ``placed``."""
    found = []
    for row in db.call(
        conn,
        "pydb_internal.hold_missing",
        p_relation=place["source"],
        p_holds=place["holds"],
        p_is_told=not placed,
    ):
        one = Missing(
            relation=str(row["relation"]),
            name=str(row["name"]),
            kind=str(row["kind"]),
            reason=str(row["reason"]),
            until=cast("datetime | None", row["until"]),
            placed_as=str(row["place_as"]) if placed else None,
        )
        if one.placed_as is not None:
            holds.place(
                conn,
                one.placed_as,
                cast("int", place["source"]),
                reason=f"{one.reason} (it came with files, as a hold by {one.kind})",
                until=one.until,
            )
        found.append(one)
    return found


def _relation(conn: Connection, name: str) -> object:
    return db.read(conn, "relation_oid", name=name)[0]["oid"]


def _read_in(
    conn: Connection, found: Sequence[tuple[Target, Manifest]], into: str | None
) -> list[dict[str, object]]:
    """Files of one table and one shape into one place each."""
    shapes: dict[tuple[str, tuple[manifest.Column, ...]], list[tuple[Target, Manifest]]] = {}
    for target, one in sorted(found, key=lambda pair: pair[1].created_at):
        columns = tuple(manifest.Column(column.name, column.type) for column in one.columns)
        shapes.setdefault((into or one.source, columns), []).append((target, one))
    places: list[dict[str, object]] = []
    for number, ((source, columns), members) in enumerate(shapes.items(), 1):
        (opened,) = db.call(
            conn,
            "pydb_internal.archive_import_open",
            p_number=number,
            p_relation=_relation(conn, source),
            p_columns=[{"name": column.name, "type": column.type} for column in columns],
        )
        for target, one in members:
            digest = hashlib.sha256()
            rows = bulk.copy_in(
                conn, str(opened["statement"]), _digested(files.read(target, one.file), digest)
            )
            # it was verified, and read again since
            if rows != one.rows or digest.hexdigest() != one.digest:
                raise errors.FileRefused(
                    f"{one.file} is not what it was a moment ago",
                    hint=shell.command("pydb archive verify", target.place),
                    sqlstate="YD622",
                )
        places.append(
            {
                "number": number,
                "source": opened["source"],
                "rows": sum(one.rows for _, one in members),
                "files": [one.file for _, one in members],
                # a hold of several files is one
                "holds": [asdict(hold) for hold in dict.fromkeys(h for _, one in members for h in one.holds)],
            }
        )
    return places


def _digested(pieces: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        yield piece
