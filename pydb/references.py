"""References and entities: one typed function a routine of ``sql/cascade`` that keeps them.

A reference is a foreign key, or a logical one that nothing enforces; an entity is a named root of cascades
with the action chosen for each edge. Every function raises :class:`pydb.errors.PydbError`: YD301 for what
cannot be a reference or an entity, YD002 and YD004 for unknown names, YD005 where SELECT is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pydb import db

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from pydb.db import Connection


@dataclass(frozen=True, slots=True)
class Reference:
    """A row of ``pydb.reference_list``; ``status`` is ``ok`` or says which table or column is gone."""

    reference: str
    kind: str
    child: str
    child_columns: list[str]
    parent: str
    parent_columns: list[str]
    on_delete: str
    is_valid: bool
    is_enforced: bool
    is_indexed: bool
    status: str
    filter: str | None = None
    parent_filter: str | None = None


@dataclass(frozen=True, slots=True)
class LogicalReference:
    """A row of ``pydb.reference``, as it was stored."""

    name: str
    child_name: str
    child_columns: list[str]
    parent_name: str
    parent_columns: list[str]
    on_delete: str
    author: str
    created_at: datetime
    updated_at: datetime
    filter: str | None = None
    parent_filter: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A proposed reference; ``rows`` keys that are not null, ``share`` (0 to 1) of them with a parent.

    The four figures are None where nothing was measured; ``reason`` says why, and where it is a sample.
    ``filter`` is the condition of a column of which another one says to which table its keys belong.
    """

    child: str
    child_columns: list[str]
    parent: str
    parent_columns: list[str]
    reason: str
    rows: int | None
    matched: int | None
    orphans: int | None
    share: Decimal | None
    command: str
    certainty: str = ""
    filter: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """A row of ``pydb.entity``; ``root_name`` is the qualified name of the table when it was set."""

    name: str
    root_name: str
    edges: Mapping[str, str]
    approval: bool
    grace: str
    archive: bool
    author: str
    created_at: datetime
    updated_at: datetime
    search_path: list[str] | None = None


def column_list(conn: Connection, text: str) -> list[str]:
    """The names in ``a, "B c"``, folded and unquoted as the server would; YD006 for what is no such list."""
    return [str(row["name"]) for row in db.read(conn, "column_list", text=text)]


def reference_set(
    conn: Connection,
    child: str | int,
    child_columns: Sequence[str],
    parent: str | int,
    parent_columns: Sequence[str],
    *,
    on_delete: str = "no action",
    name: str | None = None,
    row_filter: str | None = None,
    parent_filter: str | None = None,
) -> LogicalReference:
    """Create or replace a logical reference; a table is a name, never looked up by search_path, or an oid.

    Columns are names as the catalog has them. ``on_delete``: no action, restrict, cascade, set null or set
    default. ``row_filter`` and ``parent_filter``: which rows of the child reference anything, and which of
    the parent can be referenced.
    """
    (row,) = db.call_as(
        conn,
        LogicalReference,
        "reference_set",
        p_child=_oid(conn, child),
        p_child_columns=tuple(child_columns),
        p_parent=_oid(conn, parent),
        p_parent_columns=tuple(parent_columns),
        p_on_delete=on_delete,
        p_name=name,
        p_filter=row_filter,
        p_parent_filter=parent_filter,
    )
    return row


def reference_drop(conn: Connection, name: str) -> bool:
    """Drop a logical reference by its name, or the end of its name; False if another session was first."""
    return bool(db.call_value(conn, "reference_drop", p_name=name))


def references(conn: Connection) -> list[Reference]:
    """All references by name, foreign keys and logical ones."""
    return db.read_as(conn, Reference, "references")


def suggest(conn: Connection, schema: str | None = None, *, measure: bool = True) -> list[Suggestion]:
    """Columns that look like references and are none; ``schema`` as the catalog has it, None = all."""
    return db.call_as(conn, Suggestion, "reference_suggest", p_schema=schema, p_measure=measure)


def entity_set(
    conn: Connection,
    name: str,
    root: str | int,
    edges: Mapping[str, str] | None = None,
    *,
    approval: bool = False,
    grace: str = "0",
    archive: bool = False,
    search_path: Sequence[str] | None = None,
) -> Entity:
    """Create or replace an entity.

    ``edges``: name of a reference to delete, nullify, default or block; ``*`` (delete or block) is the choice
    for every edge that would stop the delete. ``grace`` is an interval as text. ``archive``: what goes
    is kept. ``search_path``: schemas in which triggers look for names; None = as the running role does.
    """
    (row,) = db.call_as(
        conn,
        Entity,
        "entity_set",
        p_name=name,
        p_root=_oid(conn, root),
        p_edges=dict(edges or {}),
        p_approval=approval,
        p_grace=grace,
        p_archive=archive,
        p_search_path=None if search_path is None else tuple(search_path),
    )
    return row


def entity_drop(conn: Connection, name: str) -> bool:
    """Drop an entity; its rows and its jobs stay. An unknown name raises YD002."""
    return bool(db.call_value(conn, "entity_drop", p_name=name))


def entities(conn: Connection) -> list[Entity]:
    """All entities by name; ``root_name`` is the name of the table today."""
    return db.read_as(conn, Entity, "entities")


def _oid(conn: Connection, relation: str | int) -> int:
    if isinstance(relation, int):
        return relation
    (row,) = db.read(conn, "relation_oid", name=relation)
    return cast("int", row["oid"])
