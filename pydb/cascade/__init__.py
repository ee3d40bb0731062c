"""Cascades: what a delete takes with it, and the delete that takes exactly that.

One typed function a routine of ``sql/cascade``. Keys are a list of objects, each naming all columns of one
key of the root table: ``[{"id": 42}, {"id": 43}]``; a value may be text, which the server reads as the
column's type. Choices for edges (``edges``) are a mapping, name of a reference to ``delete``, ``nullify``,
``default`` or ``block``; ``"*"`` is the choice for every edge that would stop the delete.

Every function raises :class:`pydb.errors.PydbError`: YD301 for keys and choices that cannot be, YD302 where
something stops the delete, YD304 where the outcome would not be the plan's, YD305 for a missing index, YD306
for what a job's state does not allow, YD307 for the kill switch; see ``docs/errors.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict, Unpack, cast

from pydb import db, errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from pydb.db import Connection

Key = Mapping[str, object]
"""One key: column → value."""

UPDATES = ("nullify", "default")
GONE = ("delete", "purge")
CURABLE = frozenset({"privilege", "row_security", "rule", "publication"})
"""Codes of a blocked step whose ``cure`` lets the rows go, as in ``pydb_internal.cascade_is_curable``."""


@dataclass(frozen=True, slots=True)
class Step:
    """A row of ``pydb.cascade_plan`` or ``pydb.cascade_delete``: the root rows, or one edge.

    ``action`` is ``delete``, ``nullify``, ``default``, ``purge`` (copies in an archive or the quarantine),
    ``blocked``, or ``check`` for an edge that lets the delete pass. ``rows`` counts each row once per
    relation and action, None where it cannot be counted.
    ``done`` is None in a plan. ``codes`` says what each sentence of ``warning`` is about, in their order.
    """

    step: int
    depth: int
    relation: str
    via: str | None
    action: str
    rows: int | None
    indexed: bool | None
    warning: str | None
    parent: str | None
    kind: str
    on_delete: str | None
    matched: int | None
    cure: str | None
    order_dependent: bool
    done: int | None
    codes: list[str] = field(default_factory=list, hash=False)


@dataclass(frozen=True, slots=True)
class Root:
    """Where a cascade starts: the entity if it was named by one, the table, columns of its unique keys."""

    entity: str | None
    oid: int
    relation: str
    primary: list[str] | None
    keys: list[list[str]]


@dataclass(frozen=True, slots=True)
class Total:
    """Rows of one relation, each counted once: ``delete`` go, ``update`` are set to null or a default."""

    relation: str
    delete: int
    update: int


@dataclass(frozen=True, slots=True)
class Job:
    """A row of ``pydb.cascade_job``; ``run_state`` and ``stop_reason`` are those of its last run."""

    id: int
    entity: str | None
    root_name: str
    key_count: int
    edges: Mapping[str, str]
    reason: str | None
    state: str
    rows_planned: int
    rows_done: int
    relations: Mapping[str, int]
    approval: bool
    not_before: datetime
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    cancelled_by: str | None
    cancelled_at: datetime | None
    run_id: int | None
    run_state: str | None
    stop_reason: str | None
    proof: Mapping[str, object] | None
    finished_at: datetime | None
    allow_triggers: bool
    triggered: Mapping[str, int]
    search_path: list[str] | None = None


class DeleteOptions(TypedDict, total=False):
    """Optional arguments of :func:`delete`; what is left out takes the routine's default."""

    allow_unindexed: bool
    allow_triggers: bool
    request: UUID | None
    archive: bool | None
    reason: str | None
    deadline: str | None
    search_path: Sequence[str] | None


class RequestOptions(TypedDict, total=False):
    """Optional arguments of :func:`request`; what is left out is the entity's, or the routine's default."""

    approval: bool
    grace: str
    reason: str | None
    allow_unindexed: bool
    archive: bool | None
    allow_triggers: bool
    deadline: str | None
    search_path: Sequence[str] | None
    purge: bool


def root(conn: Connection, name: str) -> Root:
    """The entity of that name, else the table, which is never looked up by search_path.

    An unknown or ambiguous table raises YD004, a malformed name YD006.
    """
    found = db.read(conn, "entity_root", name=name)
    entity = name if found else None
    row = found[0] if found else db.read(conn, "table_root", name=name)[0]
    oid = cast("int", row["oid"])
    keys = db.read(conn, "unique_keys", relation=oid)
    columns = [cast("list[str]", key["columns"]) for key in keys]
    primary = next((c for key, c in zip(keys, columns, strict=True) if key["is_primary"]), None)
    return Root(entity, oid, str(row["relation"]), primary, columns)


def plan(
    conn: Connection,
    root: str | int | None,
    keys: Sequence[Key],
    edges: Mapping[str, str] | None = None,
    *,
    entity: str | None = None,
    archive: bool | None = None,
    purge: bool = False,
) -> list[Step]:
    """What deleting these rows would do, in the order of execution; reads only.

    ``root`` is a table's name or oid, None with ``entity``. Without ``edges`` and ``entity`` the keys' own
    actions hold, as in a plain DELETE. ``archive``: of a delete that archives; None = as the entity says.
    ``purge``: of a job for good, with what archives and the quarantine hold of these rows.
    """
    return db.call_as(
        conn,
        Step,
        "cascade_plan",
        **_what(conn, root, keys, edges, entity),
        p_archive=archive,
        p_purge=purge,
    )


def delete(
    conn: Connection,
    root: str | int | None,
    keys: Sequence[Key],
    edges: Mapping[str, str] | None = None,
    *,
    entity: str | None = None,
    **options: Unpack[DeleteOptions],
) -> list[Step]:
    """Delete these rows and what is below them in the caller's transaction, all or nothing.

    Arguments as for :func:`plan`; the steps have ``done``. Keys without a row are no error.
    """
    arguments = _options(options)
    return db.call_as(conn, Step, "cascade_delete", **_what(conn, root, keys, edges, entity), **arguments)


def request(
    conn: Connection,
    root: str | int | None,
    keys: Sequence[Key],
    edges: Mapping[str, str] | None = None,
    *,
    entity: str | None = None,
    **options: Unpack[RequestOptions],
) -> Job:
    """Store a durable cascade with its exact plan; :func:`run` executes it. Deletes nothing.

    ``approval``: it waits for a second person. ``grace``: and for this long, an interval as text.
    ``purge``: for good, with what archives and the quarantine hold; needs an entity and a reason.
    """
    arguments = _options(options)
    (row,) = db.call(conn, "cascade_request", **_what(conn, root, keys, edges, entity), **arguments)
    return job(conn, cast("int", row["id"]))


def refused(
    conn: Connection,
    entity: str,
    keys: Sequence[Key],
    *,
    reason: str,
    sqlstate: str,
    deadline: str | None = None,
) -> UUID:
    """Enter into the ledger that an erasure was asked for and refused with this SQLSTATE; returns its id."""
    entered = db.call_value(
        conn,
        "erasure_refuse",
        p_entity=entity,
        p_keys=[dict(key) for key in keys],
        p_reason=reason,
        p_sqlstate=sqlstate,
        p_deadline=deadline,
    )
    return cast("UUID", entered)


def receipt(conn: Connection, job_id: int | None = None, *, run: int | None = None) -> Mapping[str, object]:
    """The receipt of a job, or of the run of a :func:`delete`; an unknown one raises YD306."""
    return cast("Mapping[str, object]", db.call_value(conn, "cascade_receipt", p_job=job_id, p_run=run))


def approve(conn: Connection, job_id: int) -> Job:
    """Approve a job that somebody else requested."""
    db.call(conn, "cascade_approve", p_job=job_id)
    return job(conn, job_id)


def cancel(conn: Connection, job_id: int) -> Job:
    """Cancel a job that has not started."""
    db.call(conn, "cascade_cancel", p_job=job_id)
    return job(conn, job_id)


def run(
    conn: Connection,
    job_id: int | None = None,
    *,
    max_runtime: str | None = None,
    request: UUID | None = None,
) -> None:
    """Execute one job, or with None all that are due, batch by batch with commits; go on where it stopped.

    ``conn`` must be autocommit and idle. What was done is in :func:`jobs` and ``pydb.job_run``, also while it
    runs. Raises :class:`~pydb.errors.RunFailed` if one failed, :class:`~pydb.errors.RunBlocked` or
    :class:`~pydb.errors.CascadeBlocked` if one was blocked.
    """
    db.call_procedure(conn, "cascade_run", p_job=job_id, p_max_runtime=max_runtime, p_request=request)


def due(conn: Connection, job_id: int | None = None) -> list[int]:
    """Ids of the jobs that :func:`run` would execute now; one that may not run raises YD306."""
    return cast("list[int]", db.call_value(conn, "pydb_internal.cascade_jobs_due", p_job=job_id))


def jobs(conn: Connection, *, limit: int = 20) -> list[Job]:
    """The latest jobs, newest first."""
    return db.read_as(conn, Job, "cascade_jobs", job=None, limit=limit)


def job(conn: Connection, job_id: int) -> Job:
    """One job; an unknown one raises YD306."""
    found = db.read_as(conn, Job, "cascade_jobs", job=job_id, limit=1)
    if not found:
        raise errors.CascadeBlocked(
            f"there is no cascade job {job_id}", hint="see: pydb cascade jobs", sqlstate="YD306"
        )
    return found[0]


def kept(steps: Iterable[Step]) -> bool:
    """Whether rows that a delete was to take are still there: a trigger kept them, or tables inherit them."""
    return any(
        "heirs" in (step.codes or ())
        or (step.action == "delete" and step.done is not None and step.done < (step.rows or 0))
        for step in steps
    )


def totals(steps: Iterable[Step]) -> list[Total]:
    """Rows that go and that are set, by relation in the order of their names; of a plan the ones that would.

    Relations where nothing happens are left out.
    """
    deleted: dict[str, int] = {}
    updated: dict[str, int] = {}
    for step in steps:
        count = step.rows if step.done is None else step.done
        if step.action in GONE and count:
            deleted[step.relation] = deleted.get(step.relation, 0) + count
        elif step.action in UPDATES and count:
            updated[step.relation] = updated.get(step.relation, 0) + count
    return [Total(name, deleted.get(name, 0), updated.get(name, 0)) for name in sorted({*deleted, *updated})]


def blocked(steps: Iterable[Step]) -> list[Step]:
    """The steps that stop the whole delete."""
    return [step for step in steps if step.action == "blocked"]


def _options(options: Mapping[str, object]) -> dict[str, object]:
    """Optional arguments as the driver takes them: a list of names is an array, not a document."""
    path = cast("Sequence[str] | None", options.get("search_path"))
    given = {f"p_{option}": value for option, value in options.items()}
    return given if path is None else {**given, "p_search_path": tuple(path)}


def _what(
    conn: Connection,
    root: str | int | None,
    keys: Sequence[Key],
    edges: Mapping[str, str] | None,
    entity: str | None,
) -> dict[str, object]:
    """The arguments that plan, delete and request share."""
    if isinstance(root, str):
        (row,) = db.read(conn, "relation_oid", name=root)
        root = cast("int", row["oid"])
    return {
        "p_root": root,
        "p_keys": [dict(key) for key in keys],
        "p_edges": None if edges is None else dict(edges),
        "p_entity": entity,
    }
