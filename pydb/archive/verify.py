"""Every file of a directory against its manifest: one named result each, and never a stop at the first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from pydb import db
from pydb.archive import files, manifest
from pydb.archive.manifest import Manifest, Owner
from pydb.archive.target import TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydb.archive.target import Target
    from pydb.db import Connection

_SUMS: Final = ("rows", "bytes_raw", "bytes", "sha256", "digest")


class Result(StrEnum):
    """What became of a file."""

    OK = "ok"
    DAMAGED = "damaged"
    """Its bytes are not those that were written."""
    TRUNCATED = "truncated"
    """It is shorter than what was written."""
    SWAPPED = "swapped"
    """It holds what another manifest describes."""
    MISSING = "missing"
    """There is a manifest, here or in the database, and no file."""
    NO_MANIFEST = "no_manifest"
    """There is a file, and nothing says what it holds."""
    BAD_MANIFEST = "bad_manifest"
    """The manifest is damaged, of another file, or not the one that the database has."""
    FOREIGN = "foreign"
    """It is whole, and belongs to another database: it may be read, and nothing else."""
    UNREADABLE = "unreadable"
    """The file system says no."""
    UNKNOWN = "unknown"
    """It is whole, and this database has no row of it: nothing was deleted for it here."""
    TEMPORARY = "temporary"
    """A file that was being written when its export ended; the next one removes it."""


GOOD: Final = frozenset({Result.OK, Result.UNKNOWN, Result.TEMPORARY})


class Known(Protocol):
    """What must be known of a file to check it: a manifest, or a chunk of an application."""

    @property
    def file(self) -> str:
        """Its name."""

    @property
    def source(self) -> str:
        """What its rows are of."""

    @property
    def rows(self) -> int:
        """How many there are."""

    @property
    def bytes(self) -> int:
        """Its size; besides, ``bytes_raw``, ``sha256`` and ``digest`` as in :class:`files.Content`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one file; ``why`` is None where it is ok."""

    file: str
    result: Result
    why: str | None = None
    source: str | None = None
    rows: int | None = None
    bytes: int | None = None

    @property
    def is_good(self) -> bool:
        """False for what cannot be relied on."""
        return self.result in GOOD


def check(target: Target, known: Known) -> Verdict:  # noqa: PLR0911
    """Read one file back, all of it, and compare it with what is known of it."""

    def verdict(result: Result, why: str | None = None) -> Verdict:
        return Verdict(known.file, result, why, known.source, known.rows, known.bytes)

    try:
        found = files.measure(target, known.file)
    except FileNotFoundError:
        return verdict(Result.MISSING, "there is no such file")
    except files.NotAFile as error:
        size = target.size(known.file)
        if size < known.bytes:
            return verdict(Result.TRUNCATED, f"{size} bytes of {known.bytes}")
        return verdict(Result.DAMAGED, str(error))
    except OSError as error:
        return verdict(Result.UNREADABLE, str(error))
    wrong = [name for name in _SUMS if getattr(found, name) != getattr(known, name)]
    if not wrong:
        return verdict(Result.OK)
    if found.bytes < known.bytes:
        return verdict(Result.TRUNCATED, f"{found.bytes} bytes of {known.bytes}")
    return verdict(Result.DAMAGED, f"{', '.join(wrong)}: not as written")


def directory(
    target: Target,
    *,
    owner: Owner | None = None,
    entered: Mapping[str, str] | None = None,
    only: str | None = None,
    workers: int = 4,
) -> list[Verdict]:
    """A verdict for each file, for each manifest without one, and for what is entered and not there.

    ``only``: this file alone. ``entered``: files that the database expects here, with their SHA-256.
    Without ``owner`` nothing is foreign, without ``entered`` nothing unknown.
    """
    names = target.names() if only is None else [only, only + manifest.MANIFEST]
    data = {name for name in names if name.endswith(manifest.ENDING)}
    manifests = [name for name in names if name.endswith(manifest.ENDING + manifest.MANIFEST)]
    with ThreadPoolExecutor(max_workers=workers) as pool:
        read = [one for one in pool.map(lambda name: _read(target, name), manifests) if one is not None]
        known = [one for one in read if not isinstance(one, Verdict)]
        verdicts = [one for one in read if isinstance(one, Verdict)]
        verdicts += pool.map(lambda one: check(target, one), known)
        twins = list(pool.map(lambda one: _twins(target, one), known))
    sums = {one.sha256: one.file for one in known}
    verdicts = [_named(target, one, sums) for one in verdicts]
    by_file = {one.file: one for one in known}
    verdicts = [
        _of_server(one, by_file[one.file], owner, entered) if one.file in by_file else one for one in verdicts
    ]
    # its export ended between the manifest and the name of the file: nobody knows of it
    verdicts = [
        one
        for one in verdicts
        if one.result is not Result.MISSING
        or one.file + TEMPORARY not in names
        or one.file in (entered or ())
    ]
    verdicts += [verdict for found in twins for verdict in found]
    told = {one.file for one in verdicts}
    verdicts += [_alone(target, name, owner, entered) for name in sorted(data - told)]
    verdicts += [
        Verdict(name, Result.MISSING, "the database knows it, and neither file nor manifest is here")
        for name in sorted(set(entered or ()) - told - data)
    ]
    verdicts += [
        Verdict(name, Result.TEMPORARY, "an export was interrupted; the next one removes it")
        for name in names
        if name.endswith(TEMPORARY) and manifest.owner(name)
    ]
    return sorted(verdicts, key=lambda one: one.file)


def _alone(target: Target, name: str, owner: Owner | None, entered: Mapping[str, str] | None) -> Verdict:
    """A file that had no manifest when the names were listed: an export may have written it since."""
    found = _read(target, name + manifest.MANIFEST)
    if found is None:
        return Verdict(name, Result.NO_MANIFEST, "nothing says what it holds")
    return found if isinstance(found, Verdict) else _of_server(check(target, found), found, owner, entered)


def _twins(target: Target, known: Manifest) -> list[Verdict]:
    """Derived files by their checksum: no delete depends on them."""
    verdicts = []
    for twin in known.twins:
        try:
            is_same = files.checksum(target, twin["file"]) == twin["sha256"]
            result = Result.OK if is_same else Result.DAMAGED
        except FileNotFoundError:
            result = Result.MISSING
        except OSError:
            result = Result.UNREADABLE
        why = None if result is Result.OK else f"derived from {known.file}, which holds its rows"
        verdicts.append(Verdict(twin["file"], result, why, known.source, known.rows))
    return verdicts


def _read(target: Target, name: str) -> Manifest | Verdict | None:
    file = name.removesuffix(manifest.MANIFEST)
    try:
        with target.open(name) as opened:
            found = manifest.parse(opened.read())
    except manifest.BadManifest as error:
        return Verdict(file, Result.BAD_MANIFEST, str(error))
    except FileNotFoundError:
        return None  # as if nobody had listed it
    except OSError as error:
        return Verdict(file, Result.UNREADABLE, str(error))
    if found.file != file:
        return Verdict(file, Result.BAD_MANIFEST, f"it is the manifest of {found.file}")
    return found


def _named(target: Target, one: Verdict, sums: Mapping[str, str]) -> Verdict:
    """A damaged file that is whole, but another one, was swapped."""
    if one.result not in (Result.DAMAGED, Result.TRUNCATED):
        return one
    other = sums.get(files.checksum(target, one.file))
    if other is None or other == one.file:
        return one
    return Verdict(one.file, Result.SWAPPED, f"it is {other}", one.source, one.rows, one.bytes)


def _of_server(
    one: Verdict, known: Manifest, owner: Owner | None, entered: Mapping[str, str] | None
) -> Verdict:
    def named(result: Result, why: str) -> Verdict:
        return Verdict(one.file, result, why, one.source, one.rows, one.bytes)

    if one.result is not Result.OK:
        return one
    if owner is not None and known.owner != owner:
        return named(Result.FOREIGN, f"of {known.owner}")
    if entered is not None and one.file not in entered:
        return named(Result.UNKNOWN, "the database has no row of it")
    if entered is not None and entered[one.file] != known.sha256:
        return named(Result.BAD_MANIFEST, "the database has another checksum of it")
    return one


def own(conn: Connection) -> Owner:
    """This database."""
    (server,) = db.read(conn, "system")
    return Owner(int(str(server["system_identifier"])), int(str(server["dboid"])))


def of_database(conn: Connection, target: Target, *, workers: int = 4) -> list[Verdict]:
    """:func:`directory` with what this database knows of the place; it reads files of others too."""
    rows = db.read(conn, "archive_manifests", place=target.place, run_id=None, run_ids=None)
    return directory(
        target,
        owner=own(conn),
        entered={str(row["file"]): str(row["sha256"]) for row in rows if row["is_own"]},
        workers=workers,
    )


def counts(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How many of each result there are."""
    found: dict[str, int] = {}
    for one in verdicts:
        found[one.result] = found.get(one.result, 0) + 1
    return found


def bad(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those that cannot be relied on."""
    return [one for one in verdicts if not one.is_good]
