"""Space, honestly: what deletes leave in files, what holds vacuum back, and what a VACUUM did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection, RoleFactory

FLUSH = "select pg_stat_force_next_flush()"


@pytest.fixture
def large(db: Connection) -> Connection:
    """A table of 5 MB, half of which is to go, and a policy for that."""
    db.execute(
        """create table public.t (id int primary key, at timestamptz, pad text);
        alter table public.t set (autovacuum_enabled = off);
        insert into public.t
            select i, timestamptz '2024-06-01Z' + (i % 2) * interval '100 years', repeat('x', 200)
            from generate_series(1, 20000) as i;
        analyze public.t;
        select pydb.retention_policy_set('p', 'public.t', 'at', '30 days', p_fuse_share => 1);"""
    )
    return db


def look(db: Connection, columns: str) -> tuple[object, ...]:
    db.execute(FLUSH)
    row = db.execute(f"select {columns} from pydb.space_scan()".encode()).fetchone()
    assert row is not None
    return row


def test_a_delete_makes_space_reusable_and_returns_none(large: Connection, connect: Connect) -> None:
    columns = "dead_rows, reusable_bytes < heap_bytes * 0.05, total_bytes"
    dead, is_full, size = look(large, columns)
    assert (dead, is_full) == (0, True)
    reader = connect(autocommit=False)
    reader.execute("set application_name = 'reader'")
    reader.execute("select txid_current()")
    large.execute("call pydb.retention_run('p')")
    dead, is_full, after = look(large, columns)
    assert (dead, is_full) == (10_000, False)
    assert after >= size  # type: ignore[operator]
    half = "abs(reusable_bytes - heap_bytes / 2) < heap_bytes * 0.1"
    assert look(large, f"{half}, held_by, policies, hint ~ 'pg_terminate_backend'") == (
        True,
        "transaction reader of postgres",
        ["p"],
        True,
    )
    reader.rollback()
    assert look(large, "held_by, summary ~ '10000 dead rows wait', hint") == (
        None,
        True,
        "vacuum (analyze) public.t;",
    )
    large.execute("vacuum analyze public.t")
    assert look(large, f"dead_rows, {half}, summary ~ 'reusable, not returned', hint ~ 'vacuum .full'") == (
        0,
        True,
        True,
        True,
    )
    large.execute("vacuum (full, analyze) public.t")
    assert look(large, "total_bytes < 4000000, summary") == (True, "nothing to get back")


def test_what_holds_vacuum_back_is_named(db: Connection, connect: Connect, role: RoleFactory) -> None:
    held = "select kind, name from pydb.vacuum_holder where kind <> 'not known' order by 1"
    assert db.execute(held.encode()).fetchall() == []
    other = connect(autocommit=False)
    other.execute("set application_name = 'Anna''s \"job\"'")
    other.execute("select txid_current()")
    assert db.execute(held.encode()).fetchall() == [("transaction", 'Anna\'s "job" of postgres')]
    other.rollback()
    assert db.execute(held.encode()).fetchall() == []
    # who may not see what others do is told so
    plain = role("plain")
    db.execute(f'grant usage on schema pydb to "{plain}"'.encode())
    db.execute(f'grant select on pydb.vacuum_holder to "{plain}"'.encode())
    seen = connect(plain).execute("select kind, hint from pydb.vacuum_holder").fetchall()
    assert [kind for kind, _ in seen] == ["not known"]
    assert "pg_read_all_stats" in seen[0][1]


def test_what_cannot_be_known_is_said(db: Connection) -> None:
    db.execute("create table public.u (id int); insert into public.u select generate_series(1, 1000)")
    row = db.execute(
        "select reusable_bytes, summary ~ 'not known' from pydb.space_scan('public.u')"
    ).fetchone()
    assert row == (None, True)


def test_partitions_are_looked_at_one_by_one(db: Connection) -> None:
    db.execute(
        """create table public.part (at timestamptz) partition by range (at);
        create table public.part_1 partition of public.part for values from ('2024-01-01') to ('2025-01-01');
        create table public.part_2 partition of public.part for values from ('2025-01-01') to ('2026-01-01');
        select pydb.retention_policy_set('p', 'public.part', 'at', '30 days')"""
    )
    rows = db.execute("select relation, policies from pydb.space_scan() order by 1").fetchall()
    assert rows == [("public.part_1", ["p"]), ("public.part_2", ["p"])]
