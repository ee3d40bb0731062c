"""Quarantine and restore: rows come back as they were, conflicts stay and are said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.orphans.lab import Lab, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

RESTORE = "select rows, restored, conflicts, reason from pydb.orphan_restore(%s)"


@pytest.fixture
def zoo(lab: Lab) -> Iterator[Lab]:
    """A child with a column of every kind that is hard to keep, three orphans and two other rows."""
    lab.do(
        r"""create schema if not exists app;
        create domain app.pos as numeric(12, 4) check (value > 0);
        create type app.pair as (x int, y text);
        create type app.mood as enum ('ok', 'not "ok"');
        create table app.p (id int primary key);
        create table app.c (
            gone int, id int generated always as identity primary key,
            pid int references app.p on delete cascade,
            f8 float8, f4 real, n numeric, t text, b bytea, ts timestamptz, iv interval, arr text[],
            r int4range,
            m int4multirange, d app.pos, comp app.pair, comps app.pair[], e app.mood, j json, jb jsonb,
            twice float8 generated always as (f8 * 2) stored, ch char(5), bo boolean, x uuid,
            bits bit varying,
            tm timestamp, ip inet, v tsvector, "Odd ""name" text, mo money
        );
        alter table app.c drop column gone;
        insert into app.p select i from generate_series(1, 10) as i;
        set session_replication_role = replica;
        insert into app.c (pid, f8, f4, n, t, b, ts, iv, arr, r, m, d, comp, comps, e, j, jb, ch, bo, x,
        bits, tm, ip, v,
            "Odd ""name", mo)
        values
            (99, '-0', 'NaN', '1.500', '', '\x00ff', 'infinity', '-1 mon 3 days 04:05:06.7',
                '{"a,b",NULL,"q\"u\\o"}', 'empty', '{[1,2),[5,)}', 1.5, row(null, null),
                '{"(1,\"a b\")",NULL}',
                'not "ok"', '{"b":1,  "a": 2, "a":3}', '{"z": 1.0}', 'ab', true,
                'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '101',
                '-infinity',
                '10.0.0.1/8', 'a:1A b', E'\\"(,)', 1234.5),
            (99, 'Infinity', 1e-40, 'NaN', E'a"b\\c,(d)\n\t', null, '-infinity', null, '{}', '[1,5)',
            null, null,
                null, null, null, 'null', 'null', '     ', false, null, '', '0044-03-15 BC', null, '',
                '', null),
            (99, 0.1 + 0.2, 0.1, 1e-20, repeat('x', 1000000), decode(repeat('ab', 3000000), 'hex'),
            now(), '1 day',
                '{{1,2},{3,4}}', '(,)', null, null, row(1, null), null, null, '[]', null, null, null,
                null, null,
                null, null, null, null, null),
            (1, 1, 1, 1, 'a', null, null, null, null, null, null, null, null, null, null, null, null,
            null, null,
                null, null, null, null, null, null, null),
            (null, 1, 1, 1, 'a', null, null, null, null, null, null, null, null, null, null, null, null,
            null, null,
                null, null, null, null, null, null, null);
        reset session_replication_role;
        create table app.before as select c.id, c::text as whole from app.c as c"""
    )
    yield lab
    # whatever happened, no row is both here and there
    both = "select count(*) from app.c join pydb.orphan_quarantine as q on q.content ->> 'id' = c.id::text"
    assert lab.one(both) == 0


def test_e17_rows_come_back_byte_equal(zoo: Lab) -> None:
    hostile = zoo.session()
    hostile.execute("set extra_float_digits = -10; set datestyle = 'German'; set bytea_output = 'escape'")
    call = zoo.repair("c_pid_fkey", db=hostile, mode="quarantine")
    assert (call.end, call.run["rows_done"]) == (("completed", "exhausted"), 3)
    assert zoo.rows("select run_id, reference, relation, reason from pydb.orphan_quarantine limit 1") == [
        (call.run["id"], "app.c.c_pid_fkey", "app.c", "no row of app.p has this (id)")
    ]
    zoo.do("alter table app.c drop constraint c_pid_fkey")
    hostile.execute("set standard_conforming_strings = off")
    assert hostile.execute(RESTORE.encode(), (call.run["id"],)).fetchall() == [(3, 3, 0, None)]
    assert zoo.one("select count(*) from app.c join app.before as b using (id) where c::text = b.whole") == 5
    assert zoo.one("select max(twice) from app.c where f8 < 1e9") == 2
    assert zoo.rows(RESTORE, call.run["id"]) == []


def test_dry_run_of_a_restore_tells_the_same_and_changes_nothing(zoo: Lab) -> None:
    run = zoo.repair("c_pid_fkey", mode="quarantine").run["id"]
    assert zoo.rows("select restored, conflicts from pydb.orphan_restore(%s, true)", run) == [(0, 3)]
    zoo.do("alter table app.c drop constraint c_pid_fkey")
    assert zoo.rows("select restored, conflicts from pydb.orphan_restore(%s, true)", run) == [(3, 0)]
    assert zoo.one("select count(*) from app.c") == 2
    assert zoo.one("select count(*) from pydb.orphan_quarantine") == 3


def test_conflicts_stay_in_quarantine_and_the_reason_is_said(zoo: Lab) -> None:
    run = zoo.repair("c_pid_fkey", mode="quarantine").run["id"]
    ((*figures, reason),) = zoo.rows(RESTORE, run)
    assert figures == [3, 0, 3]
    assert "c_pid_fkey" in str(reason)
    zoo.do(
        "insert into app.p values (99); insert into app.c (id, t) overriding system value values (2, 'new')"
    )
    ((*figures, reason),) = zoo.rows(RESTORE, run)
    assert figures == [3, 2, 1]
    assert "c_pkey" in str(reason)
    assert zoo.rows("select content ->> 'id' from pydb.orphan_quarantine") == [("2",)]
    zoo.do("delete from app.c where t = 'new'")
    assert zoo.rows(RESTORE, run) == [(1, 1, 0, None)]


def test_e18_columns_that_came_take_their_default_and_lost_ones_refuse(zoo: Lab) -> None:
    run = zoo.repair("c_pid_fkey", mode="quarantine").run["id"]
    zoo.do(
        """insert into app.p values (99);
        alter table app.c add extra text not null default 'new', drop column t"""
    )
    with refused("YD405") as refusal:
        zoo.rows(RESTORE, run)
    assert "column t is gone" in refusal.detail
    assert zoo.one("select count(*) from pydb.orphan_quarantine") == 3
    zoo.do("alter table app.c add t varchar(3)")
    with refused("YD405") as refusal:
        zoo.rows(RESTORE, run)
    assert "column t was text and is character varying(3)" in refusal.detail
    zoo.do("alter table app.c alter t type text")
    assert zoo.rows(RESTORE, run) == [(3, 3, 0, None)]
    assert zoo.rows("select distinct extra from app.c") == [("new",)]


def test_e18_table_that_is_gone(zoo: Lab) -> None:
    run = zoo.repair("c_pid_fkey", mode="quarantine").run["id"]
    zoo.do("alter table app.c rename to old_c; create table app.c (like app.old_c)")
    zoo.do("insert into app.p values (99)")
    zoo.do("begin; drop table app.old_c")
    with refused("YD405") as refusal:
        zoo.rows(RESTORE, run)
    assert "app.c is gone" in refusal.message
    zoo.do("rollback")
    assert zoo.rows(RESTORE, run) == [(3, 3, 0, None)]  # follows the rename
    assert zoo.one("select count(*) from app.old_c") == 5
    zoo.do("drop table app.c")
    zoo.do("alter table app.old_c rename to c")


def test_unknown_run(zoo: Lab) -> None:
    for run in (4711, None):
        with refused("YD405"):
            zoo.rows(RESTORE, run)
    assert zoo.run().run["state"] == "completed"
    with refused("YD405"):
        zoo.rows(RESTORE, zoo.last_run()["id"])


def test_a_trigger_that_keeps_rows_out_is_said(zoo: Lab) -> None:
    run = zoo.repair("c_pid_fkey", mode="quarantine").run["id"]
    zoo.do(
        """insert into app.p values (99);
        create function app.keep() returns trigger language plpgsql as 'begin return null; end';
        create trigger keep before insert on app.c for each row when (new.id = 1)
        execute function app.keep()"""
    )
    assert zoo.rows(RESTORE, run) == [(3, 2, 1, "a trigger or a rule of the table kept rows out")]
    assert zoo.one("select count(*) from pydb.orphan_quarantine") == 1


def test_many_rows_go_and_come_back(lab: Lab) -> None:
    lab.do(
        """create schema if not exists app;
        create table app.p (id int primary key); create table app.c (id int, p int);
        insert into app.c select i, -i from generate_series(1, 5000) as i;
        alter table app.c add constraint c_fk foreign key (p) references app.p on delete cascade not valid"""
    )
    call = lab.repair("c_fk", mode="quarantine")
    assert (call.run["rows_done"], lab.one("select count(*) from app.c")) == (5000, 0)
    lab.do("insert into app.p select -i from generate_series(1, 4999) as i")
    ((rows, restored, conflicts, reason),) = lab.rows(RESTORE, call.run["id"])
    assert (rows, restored, conflicts) == (5000, 4999, 1)
    assert "c_fk" in str(reason)
    assert lab.one("select count(*) from app.c where p = -id") == 4999
