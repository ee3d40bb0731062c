"""``pydb.cascade``: typed functions over the routines, and their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from pydb import cascade, references, retention
from pydb import db as pydb_db
from pydb.errors import CascadeBlocked, CascadeRefused, ExitCode, UnknownName, UnknownRelation, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Connection, RoleFactory


@pytest.fixture
def conn(db: Connection, dsn: str) -> Iterator[pydb_db.Connection]:
    db.execute(
        """create table public.a (id bigint primary key, x int, y int, unique (y, x), unique (x));
        create table public.b (id int primary key, a_id bigint references public.a);
        create index on public.b (a_id);
        insert into public.a values (9007199254740993, 1, 1), (9007199254740992, 2, 2);
        insert into public.b values (1, 9007199254740993), (2, 9007199254740992)"""
    )
    with pydb_db.connect(dsn) as connection:
        yield connection


KEY = {"id": 9007199254740993}
ALL = {"*": "delete"}


def test_root(conn: pydb_db.Connection) -> None:
    table = cascade.root(conn, "public.a")
    assert (table.entity, table.relation, table.primary) == (None, "public.a", ["id"])
    assert sorted(table.keys) == [["id"], ["x"], ["y", "x"]]
    references.entity_set(conn, "a", "public.a", ALL)
    assert cascade.root(conn, "a").entity == "a"
    assert cascade.root(conn, "a").oid == table.oid
    with pytest.raises(UnknownRelation):
        cascade.root(conn, "nothing")


def test_plan_and_delete(conn: pydb_db.Connection, db: Connection) -> None:
    plan = cascade.plan(conn, "public.a", [KEY], ALL)
    assert [(s.relation, s.action, s.rows, s.done) for s in plan] == [
        ("public.b", "delete", 1, None),
        ("public.a", "delete", 1, None),
    ]
    assert cascade.totals(plan) == [cascade.Total("public.a", 1, 0), cascade.Total("public.b", 1, 0)]
    request = uuid4()
    done = cascade.delete(conn, "public.a", [KEY], ALL, request=request)
    assert [(s.relation, s.done) for s in done] == [("public.b", 1), ("public.a", 1)]
    assert db.execute("select id from public.a").fetchall() == [(9007199254740992,)]
    (run,) = retention.runs_of_request(conn, request)
    assert (run.kind, run.state, run.rows_done) == ("cascade", "completed", 2)
    assert cascade.delete(conn, "public.a", [KEY])[0].done == 0


def test_an_entity_brings_its_choices(conn: pydb_db.Connection) -> None:
    references.entity_set(conn, "a", "public.a", ALL)
    assert not cascade.blocked(cascade.plan(conn, None, [KEY], entity="a"))
    (stopped,) = cascade.blocked(cascade.plan(conn, None, [KEY], {"b_a_id_fkey": "block"}, entity="a"))
    assert stopped.via == "public.b.b_a_id_fkey"


def test_errors(conn: pydb_db.Connection) -> None:
    with pytest.raises(CascadeBlocked) as blocked:
        cascade.delete(conn, "public.a", [KEY])
    assert (blocked.value.sqlstate, blocked.value.exit_code) == ("YD302", ExitCode.ATTENTION)
    unfit: list[list[cascade.Key]] = [[{"id": None}], [{"nothing": 1}], [{"y": 1}], [{"id": "x"}]]
    for keys in unfit:
        with pytest.raises(CascadeRefused):
            cascade.plan(conn, "public.a", keys)
    with pytest.raises(UnknownName):
        cascade.plan(conn, None, [KEY], entity="nothing")
    with pytest.raises(CascadeBlocked):
        cascade.job(conn, 99)
    with pytest.raises(UsageError), pydb_db.transaction(conn):
        cascade.run(conn)


def test_no_keys_are_no_rows(conn: pydb_db.Connection) -> None:
    (step,) = cascade.plan(conn, "public.a", [])
    assert (step.relation, step.rows) == ("public.a", 0)
    assert cascade.totals([step]) == []


def test_jobs(conn: pydb_db.Connection, db: Connection, dsn: str, role: RoleFactory) -> None:
    job = cascade.request(conn, "public.a", [KEY], ALL, reason="asked", approval=True, grace="0")
    assert (job.state, job.key_count, job.rows_planned, job.edges) == ("requested", 1, 2, ALL)
    assert cascade.due(conn) == []
    with pydb_db.connect(dsn.replace("user=postgres", f"user={role('second', 'superuser')}")) as second:
        assert cascade.approve(second, job.id).state == "approved"
    assert cascade.due(conn) == cascade.due(conn, job.id) == [job.id]
    cascade.run(conn, job.id)
    done = cascade.job(conn, job.id)
    assert (done.state, done.rows_done, done.relations) == ("completed", 2, {"public.a": 1, "public.b": 1})
    assert done.proof is not None
    assert done.finished_at is not None
    other = cascade.request(conn, "public.a", [{"x": 2}], ALL)
    assert cascade.cancel(conn, other.id).state == "cancelled"
    assert [one.id for one in cascade.jobs(conn)] == [other.id, job.id]
    assert [one.id for one in cascade.jobs(conn, limit=1)] == [other.id]
    assert db.execute("select count(*) from public.a").fetchone() == (1,)
