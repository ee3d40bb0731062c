"""One file of an export: its rows read in one snapshot, written, read back, described and entered."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from concurrent.futures import wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from pydb import bulk, db, errors
from pydb.archive import compress, files, manifest, verify
from pydb.archive.noted import Noted
from pydb.archive.outcome import Clock, Outcome, TableResult
from pydb.archive.target import TEMPORARY, written

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from pydb.archive.files import Content
    from pydb.archive.manifest import Manifest
    from pydb.archive.target import Target
    from pydb.db import Connection, Row
    from pydb.runs import Run


@dataclass(slots=True)
class Written:
    """A file that is on the disk and that nobody knows yet: it is being read back."""

    known: Manifest
    part: range
    signature: str
    noted: Noted
    verified: Future[Manifest]
    is_known: bool = False
    """True from the moment on at which the database may know it."""


class Pieces(ABC):
    """Writes files, one a range of blocks; which ranges, and what is done with them, is for who inherits."""

    def __init__(self, reader: Connection, policy: str, target: Target, *, parquet: bool) -> None:
        self._reader, self._target, self._policy, self._parquet = reader, target, policy, parquet
        if parquet:
            from pydb.archive.parquet import require

            require()
        self._outcome = Outcome(policy, uuid4())
        (server,) = db.read(reader, "system")
        self._owner = verify.own(reader)
        self._database, self._version = str(server["dbname"]), int(str(server["version"]))
        self._part = 0
        self._left: int | None = None

    @abstractmethod
    def _range(self, run: Run, leaf: Row, part: range, cutoff: datetime | None) -> Row:
        """The statements that read a range."""

    def _read(  # noqa: PLR0917
        self,
        run: Run,
        leaf: Row,
        result: TableResult,
        part: range,
        cutoff: datetime | None,
        worker: ThreadPoolExecutor,
    ) -> Written | None:
        """One file, read in one snapshot and written; ``worker`` reads it back. None where it has no rows."""
        clock = Clock(result.seconds)
        ours: list[str] = []
        described: list[Manifest] = []
        try:
            with db.snapshot(self._reader):
                found = self._range(run, leaf, part, cutoff)
                noted = Noted()
                with contextlib.closing(bulk.stream(self._reader, str(found["places"]))) as chunks:
                    for chunk in chunks:
                        noted.add(chunk)
                if not noted.rows:
                    return None
                self._part += 1
                name = manifest.file_name(str(leaf["name"]), self._owner, run.id, self._part)

                def describe(content: Content) -> str:
                    described.append(self._described(run, leaf, name, found, noted, content, cutoff))
                    return self._describe(described[0])

                with contextlib.closing(bulk.copy_out(self._reader, str(found["statement"]))) as pieces:
                    files.write(self._target, name, pieces, rows=noted.rows, describe=describe)
                ours.append(name)
            clock.took("read")
            known = described[0]
            verified = worker.submit(self._verified, known, noted.rows, result)
        except BaseException:
            # a whole file too, and be it that only the end of the snapshot failed: it is read again
            for one in ours:
                self._take_back(one)
            raise
        return Written(known, part, str(found["signature"]), noted, verified)

    def _verified(self, known: Manifest, rows: int, result: TableResult) -> Manifest:
        """Read a file back; what is known of it, as it stands beside it."""
        clock = Clock(result.seconds)
        verdict = verify.check(self._target, known)
        if verdict.result is not verify.Result.OK or known.rows != rows:
            raise errors.FileRefused(
                f"{known.file} is not what was written: {verdict.result}",
                detail=f"{verdict.why or ''} {known.rows} rows of {rows}.".strip(),
                hint="nothing was deleted for it; look at the disk",
                sqlstate="YD622",
            )
        clock.took("verify")
        if self._parquet:
            known = self._with_twin(known, result)
            self._describe(known, over=True)
            clock.took("parquet")
        return known

    def _describe(self, known: Manifest, *, over: bool = False) -> str:
        """Write the manifest of a file; its name."""
        name = known.file + manifest.MANIFEST
        with written(self._target, name, over=over) as file:
            file.write(known.to_json())
        return name

    def _with_twin(self, known: Manifest, result: TableResult) -> Manifest:
        """With a Parquet twin; without one where it fails, which is told and stops nothing."""
        from pydb.archive import parquet

        try:
            return replace(known, twins=(parquet.derive(self._target, known),))
        except errors.UsageError:
            raise
        except (errors.PydbError, OSError) as error:
            result.twin_error = str(error)
            return known

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
        return manifest.Manifest(
            file=name,
            source=str(leaf["name"]),
            relation=int(str(leaf["relation"])),
            system_identifier=self._owner.system_identifier,
            database_oid=self._owner.database_oid,
            database=self._database,
            server_version=self._version,
            policy=self._policy,
            run_id=run.id,
            cutoff=_time(cutoff),
            columns=manifest.columns(found["columns"]),
            generated=manifest.columns(found["generated"]),
            key=tuple(_texts(found["key_columns"])),
            rows=content.rows,
            oldest=_time(noted.oldest),
            newest=_time(noted.newest),
            bytes_raw=content.bytes_raw,
            bytes=content.bytes,
            sha256=content.sha256,
            digest=content.digest,
            writer=compress.NAME,
            created_at=str(_time(datetime.now(UTC))),
            audit_head=self._audit_head(),
            holds=manifest.holds(
                db.call_value(self._reader, "pydb_internal.archive_holds", p_relation=leaf["relation"])
            ),
        )

    def _audit_head(self) -> str | None:
        found = db.call_value(self._reader, "pydb_internal.audit_head_text")
        return None if found is None else str(found)

    def _enter(self, known: Manifest, signature: str, noted: Noted) -> object:
        with db.transaction(self._reader):
            number = db.call_value(
                self._reader,
                "pydb_internal.archive_manifest_enter",
                p_manifest=known.document(),
                p_place=self._target.place,
                p_request=self._outcome.request,
            )
            for place, (tids, versions) in enumerate(noted.chunks()):
                db.call(
                    self._reader,
                    "pydb_internal.archive_chunk_add",
                    p_manifest=number,
                    p_number=place,
                    p_signature=signature,
                    p_tids=tids,
                    p_versions=versions,
                )
        return number

    def _drop(self, one: Written) -> None:
        """Remove a file, once nobody reads it any more."""
        wait([one.verified])  # what it found is told by whoever asks for its result
        self._take_back(one.known.file)

    def _take_back(self, name: str) -> None:
        """Remove a file with its manifest; killed in between, it is one that was being written."""
        self._target.withdraw(name)
        self._target.remove(name + manifest.MANIFEST)
        self._target.remove(name + TEMPORARY)


def _time(value: object) -> str | None:
    """A moment as text; what Python cannot hold is infinity."""
    if not isinstance(value, datetime):
        return None
    if value.year in (1, 9999):
        return "-infinity" if value.year == 1 else "infinity"
    return value.isoformat()


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
