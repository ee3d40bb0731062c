"""The manifest of a file: JSON beside it, sealed by a checksum of its own."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field, fields
from typing import Final, NamedTuple, TypeAlias

FORMAT: Final = "pydb archive file 1"
ENDING: Final = ".copy.zst"
MANIFEST: Final = ".json"
_NAME: Final = re.compile(
    r"(?P<table>.+)-(?P<system>\d+)-(?P<database>\d+)-r(?P<run>\d+)-(?P<part>\d{5,})\.copy\.zst(?:\.json)?(?:\.tmp)?"
)


_Bytes: TypeAlias = bytes


class BadManifest(ValueError):
    """A manifest that cannot be what was written: damaged, or of something else."""


class Owner(NamedTuple):
    """A database: only where a file is from are rows deleted for it, and is it ever removed."""

    system_identifier: int
    database_oid: int

    def __str__(self) -> str:
        return f"server {self.system_identifier}, database {self.database_oid}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file, in its order."""

    name: str
    type: str
    not_null: bool = False
    identity: str | None = None
    generated: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold that was in force on the table when the file was written; what it names is there as a digest."""

    name: str
    kind: str
    reason: str
    placed_at: str
    digest: str
    relation: str | None = None
    columns: tuple[str, ...] = ()
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of a file. Times are PostgreSQL's text in UTC, sizes bytes, checksums SHA-256 in hex."""

    file: str
    source: str
    relation: int
    system_identifier: int
    database_oid: int
    database: str
    server_version: int
    policy: str | None
    run_id: int
    cutoff: str | None
    columns: tuple[Column, ...]
    generated: tuple[Column, ...]
    key: tuple[str, ...]
    rows: int
    oldest: str | None
    newest: str | None
    bytes_raw: int
    bytes: int
    sha256: str
    digest: str
    """Of the rows as COPY text: the same whatever compressed them."""
    writer: str
    created_at: str
    twins: tuple[dict[str, str], ...] = field(default=())
    """Derived files of the same rows: their file, sha256, format, and what they do not hold as it is."""
    archived_run: int | None = None
    """The run that had archived the rows, where the file was made of an archive."""
    audit_head: str | None = None
    """The end of the chain of the audit log then, block:hash."""
    holds: tuple[Hold, ...] = field(default=())
    """The holds that may have been about rows of the table then."""

    @property
    def owner(self) -> Owner:
        """The database that it was exported from."""
        return Owner(self.system_identifier, self.database_oid)

    def to_json(self) -> _Bytes:
        """The text of the manifest file, with its seal."""
        document = {"format": FORMAT, **self.document()}
        return (
            json.dumps({**document, "seal": _seal(document)}, ensure_ascii=False, indent=1) + "\n"
        ).encode()

    def document(self) -> dict[str, object]:
        """The same as plain values, without the seal."""
        plain: dict[str, object] = json.loads(json.dumps(asdict(self), ensure_ascii=False))
        return plain


def columns(described: object) -> tuple[Column, ...]:
    """Columns as ``export_columns`` describes them."""
    return tuple(Column(**one) for one in described) if isinstance(described, list) else ()


def holds(described: object) -> tuple[Hold, ...]:
    """Holds as ``hold_travel`` describes them."""
    if not isinstance(described, list):
        return ()
    return tuple(Hold(**{**one, "columns": tuple(one.get("columns", ()))}) for one in described)


def sealed(document: object) -> bytes:
    """A manifest out of the database as the text of its file."""
    plain = {"format": FORMAT, **document} if isinstance(document, dict) else document
    return json.dumps({**plain, "seal": _seal(plain)} if isinstance(plain, dict) else plain).encode()


def parse(text: bytes) -> Manifest:
    """The manifest in a file; :class:`BadManifest` if its seal does not fit."""
    try:
        document = json.loads(text)
        seal = document.pop("seal")
        if document["format"] != FORMAT or seal != _seal(document):
            raise BadManifest("it is not as it was written")
        known = {name.name for name in fields(Manifest)}
        values = {name: value for name, value in document.items() if name in known}
        for name in ("columns", "generated"):
            values[name] = tuple(Column(**column) for column in values[name])
        for name in ("key", "twins"):
            values[name] = tuple(values[name])
        values["holds"] = holds(values.get("holds"))
        return Manifest(**values)
    except BadManifest:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadManifest(f"it cannot be read: {error}") from None


def _seal(document: object) -> str:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def file_name(source: str, owner: Owner, run_id: int, part: int) -> str:
    """Name of a file: of the table what every file system takes; then server, database, run and part."""
    table = re.sub(r"[^A-Za-z0-9_.]+", "_", source).strip("._")[:60] or "table"
    return f"{table}-{owner.system_identifier}-{owner.database_oid}-r{run_id}-{part:05d}{ENDING}"


def owner(name: str) -> tuple[Owner, int] | None:
    """The owner and the run that a file's name says it is of; None if it is no such name."""
    found = _NAME.fullmatch(name)
    return (Owner(int(found["system"]), int(found["database"])), int(found["run"])) if found else None
