"""The ledger of erasures: what was erased, looked for again, kept outside of the database, and replayed.

A copy outside is a file of JSON lines: a head, an entry a line as ``pydb.erasure_export`` gives it, and a
last line with their number and the SHA-256 of all before it. It has no keys, but salt and hashes: keep it
where personal data may be kept. Functions raise :class:`pydb.errors.PydbError`; a file that is none, or was
cut off or changed, raises :class:`pydb.errors.UsageError` before anything is done.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from pydb import db, shell
from pydb.errors import PydbError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal
    from uuid import UUID

    from pydb.db import Connection

FORMAT: Final = "pydb erasures"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Erasure:
    """A row of ``pydb.erasure_status``; ``days_left`` is None once it is completed or refused."""

    id: UUID
    entity: str
    root_name: str
    job: int | None
    keys: int
    state: str
    refusal: str | None
    reason: str
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    deadline: datetime
    days_left: Decimal | None
    overdue: bool
    started_at: datetime | None
    finished_at: datetime | None
    rows_planned: int | None
    rows_done: int
    remaining: int | None
    rescanned_at: datetime | None
    run_ids: list[int]
    run_state: str | None
    stop_reason: str | None
    holds: list[str]
    replay_of: UUID | None
    imported_at: datetime | None
    purge: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look for one erasure found: ``ok``, or rows of the ``roots`` or rows ``hanging`` on them."""

    id: UUID
    entity: str
    job: int | None
    ok: bool
    keys: int
    roots: int
    hanging: int
    tables: Mapping[str, int]
    unchecked: list[str]
    problem: str | None


@dataclass(frozen=True, slots=True)
class Edge:
    """A row of ``pydb.erasure_verify_edges``: one edge of one erasure, looked along in one place.

    ``place`` is live, archive or quarantine; ``state`` verified, found (``rows`` are there), kept (copies
    that the erasure was allowed to keep) or unverifiable, with the ``reason``. ``via`` None: the root by its
    key.
    """

    id: UUID
    entity: str
    job: int | None
    relation: str
    via: str | None
    place: str
    state: str
    rows: int | None
    keys: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one entry of a file.

    ``outcome`` is nothing (nobody is back), deleted, planned (a dry run), requested (a job waits for a second
    person or its time), not_erased (the entry is a request or a refusal) or failed, with ``error``.
    """

    id: str
    entity: str
    outcome: str
    back: int = 0
    rows: int = 0
    job: int | None = None
    sqlstate: str | None = None
    error: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """A file with its head: the database that wrote it, when, and the entries, oldest first."""

    database: str
    exported_at: str
    entries: list[Mapping[str, object]]
    sha256: str


def erasures(conn: Connection, *, limit: int = 20, is_open: bool = False) -> list[Erasure]:
    """The latest erasures, newest first; ``is_open``: those with a deadline, the most urgent first."""
    return db.read_as(conn, Erasure, "erasures", limit=limit, is_open=is_open)


def verify(conn: Connection, erasure: str | None = None, *, job: int | None = None) -> list[Verified]:
    """Look in the live tables for what was erased, one row an entry of the ledger; reads only."""
    return db.call_as(conn, Verified, "erasure_verify", p_id=erasure, p_job=job)


def verify_edges(conn: Connection, erasure: str | None = None, *, job: int | None = None) -> list[Edge]:
    """What :func:`verify` sums up: edge by edge, in the live tables, the archives and the quarantine."""
    return db.call_as(conn, Edge, "erasure_verify_edges", p_id=erasure, p_job=job)


def export(conn: Connection, path: Path) -> Ledger:
    """Write the ledger to ``path``: under a temporary name, synced, renamed, its directory synced.

    A file that is there must be a ledger whose entries this database knows: after a restore of an older
    backup it knows more than the database, and is replayed first.
    """
    rows = [cast("Mapping[str, object]", row["erasure_export"]) for row in db.call(conn, "erasure_export")]
    if path.exists():
        known = {row["id"] for row in rows}
        missing = [entry for entry in read(path).entries if entry["id"] not in known]
        if missing:
            raise UsageError(
                f"{path} has {len(missing)} erasures that this database does not know: it was not written",
                detail="The database was restored from an older backup, or the file is of another one.",
                hint=shell.command("pydb erasure replay", path),
            )
    database, now = conn.info.dbname, datetime.now(UTC).isoformat()
    head = {"format": FORMAT, "version": VERSION, "database": database, "exported_at": now}
    body = b"".join(_line(one) for one in (head, *rows))
    digest = hashlib.sha256(body).hexdigest()
    _write(path, body + _line({"entries": len(rows), "sha256": digest}))
    return Ledger(database, now, rows, digest)


def read(path: Path) -> Ledger:
    """The file, once it was found whole."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    lines = body.splitlines(keepends=True)
    damaged = UsageError(
        f"{path} is no whole ledger of erasures: nothing was done",
        detail="It was cut off or changed, or something else wrote it.",
        hint="take another copy",
    )
    try:
        head, *entries, tail = [json.loads(line) for line in lines]
        whole = (
            head["format"] == FORMAT
            and head["version"] == VERSION
            and tail["entries"] == len(entries)
            and tail["sha256"] == hashlib.sha256(b"".join(lines[:-1])).hexdigest()
            and all(isinstance(entry["id"], str) for entry in entries)
        )
    except (ValueError, TypeError, KeyError):
        raise damaged from None
    if not whole:
        raise damaged
    return Ledger(str(head["database"]), str(head["exported_at"]), entries, str(tail["sha256"]))


def replay(
    conn: Connection, entries: Sequence[Mapping[str, object]], *, dry_run: bool = False
) -> Iterator[Replayed]:
    """Delete again what these entries erased, each in a transaction of its own; one result an entry.

    Which have rows again is found by one scan of the root for all entries of an entity. Never stops at an
    entry that fails; what it did stays when it is cut off, and the next one goes on.
    """
    keys: dict[str, list[object]] | None
    try:
        keys = _found(conn, entries)
    except PydbError:
        keys = None  # then each is looked for by itself, and says why it cannot be
    for entry in entries:
        number, entity = str(entry["id"]), str(entry.get("entity"))
        arguments: dict[str, object] = {} if keys is None else {"p_keys": keys.get(number, [])}
        try:
            with db.transaction(conn, rollback=dry_run):
                (row,) = db.call(conn, "erasure_replay", p_entry=dict(entry), p_dry_run=dry_run, **arguments)
        except PydbError as error:
            if conn.closed:
                raise
            yield Replayed(
                number, entity, "failed", sqlstate=error.sqlstate, error=error.message, hint=error.hint
            )
        else:
            yield Replayed(
                number,
                entity,
                str(row["outcome"]),
                cast("int", row["back"]),
                cast("int", row["rows"]),
                cast("int | None", row["job"]),
            )


def _found(conn: Connection, entries: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """Keys that are back, by entry; rows of a key that a row of the root has no more are not asked."""
    found: dict[str, list[object]] = {}
    for row in db.read(conn, "erasure_back", entries=[dict(entry) for entry in entries]):
        found.setdefault(str(row["id"]), []).append(row["key"])
    return found


def _line(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _clear(path: Path) -> None:
    """Take away what an export left that was killed; one that is being written is locked."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        with contextlib.suppress(OSError), left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def _write(path: Path, body: bytes) -> None:
    """All of it under that name, or what was there before; readable for its owner alone."""
    try:
        _clear(path)
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(number, "wb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise PydbError(f"{path} cannot be written: {error.strerror}") from error
