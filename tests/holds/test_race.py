"""A hold placed while batches are at work wins: what it held when it was placed is there at the end.

By hand, for longer: PYDB_HOLDS_SECONDS=60 PYDB_HOLDS_WORKERS=8 python -m pytest tests/holds/test_race.py
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from typing import TYPE_CHECKING, Final

import psycopg
import pytest

from tests.faults.lab import Background
from tests.retention.lab import refused
from tests.servers import PAUSE

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection

SECONDS: Final = float(os.environ.get("PYDB_HOLDS_SECONDS", "3"))
WORKERS: Final = int(os.environ.get("PYDB_HOLDS_WORKERS", "3"))
ROWS: Final = 20000
ALL_KEYS: Final = json.dumps([{"id": i, "no": i} for i in range(1, 150)])
ALL_PARENTS: Final = json.dumps([{"id": i} for i in range(1, 150)])


def test_no_row_is_lost_that_was_there_when_its_hold_was_placed(db: Connection, dsn: str) -> None:
    db.execute("""
        create table root (id int primary key, at timestamptz not null);
        create table leaf (id int primary key, root_id int references root on delete cascade);
        create index on leaf (root_id);
        create index on root (at);
    """)
    db.execute(f"insert into root select i, '2024-06-01' from generate_series(1, {ROWS}) as i")
    db.execute(f"insert into leaf select i, i from generate_series(1, {ROWS}) as i")
    for number in range(WORKERS):
        # each its own policy over its own share, so that several runs are at work on one table
        db.execute(
            "select pydb.retention_policy_set(%s, 'root', 'at', '30 days', p_fuse_share => 1, p_filter => %s,"
            " p_batch_target => '10 ms', p_on_referenced => 'cascade')",
            [f"policy-{number}", f"id % {WORKERS} = {number}"],
        )
    end = time.monotonic() + SECONDS
    lost: list[str] = []
    placed: list[int] = []
    gone = [0]

    def delete(number: int) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            while time.monotonic() < end:
                try:
                    if number % 2:
                        connection.execute(f"call pydb.retention_run('policy-{number}', p_max_rows => 40)")
                    else:
                        (keys,) = connection.execute(
                            "select coalesce(jsonb_agg(jsonb_build_object('id', r.id)), '[]') from"
                            " (select id from root order by random() limit 20) as r"
                        ).fetchone() or (None,)
                        connection.execute(
                            "select * from pydb.cascade_delete('root', %s)", [psycopg.types.json.Jsonb(keys)]
                        )
                    gone[0] += 1
                except psycopg.Error as error:
                    if error.sqlstate not in {"YD703", "YD110", "YD111", "YD304", "40P01", "55P03", "YD302"}:
                        lost.append(f"{error.sqlstate} {error}")

    def hold(number: int) -> None:
        chooser = random.Random(number)  # noqa: S311
        with psycopg.connect(dsn, autocommit=True) as connection:
            while time.monotonic() < end:
                key = chooser.randint(1, ROWS)
                name = f"{number}-{key}"
                try:
                    connection.execute(
                        "select pydb.hold_place(%s, 'root', jsonb_build_object('id', %s::int),"
                        " p_reason => 'race')",
                        [name, key],
                    )
                except psycopg.Error as error:
                    if error.sqlstate not in {"YD702", "40P01"}:
                        lost.append(f"{error.sqlstate} {error}")
                    continue
                found = connection.execute(
                    "select count(*) from root as r inner join leaf as l on l.root_id = r.id where r.id = %s",
                    [key],
                ).fetchone()
                if found == (1,):
                    placed.append(key)
                else:
                    connection.execute("select * from pydb.hold_release(%s, 'it had gone before')", [name])

    workers = [threading.Thread(target=delete, args=(n,)) for n in range(WORKERS)]
    workers += [threading.Thread(target=hold, args=(n,)) for n in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert lost == []
    assert placed
    assert gone[0] > 0
    there = db.execute(
        "select count(*) from root as r inner join leaf as l on l.root_id = r.id where r.id = any(%s)",
        [placed],
    ).fetchone()
    assert there == (len(set(placed)),)


def test_a_hold_waits_for_the_delete_at_work_and_an_older_snapshot_is_told(connect: Connect) -> None:
    one, two = connect(autocommit=False), connect()
    two.execute("create table t (id int primary key); insert into t values (1), (2), (3)")
    one.execute("select * from pydb.cascade_delete('t', '{\"id\": 1}')")
    two.execute("set lock_timeout = '50ms'")
    with refused("YD705") as said:
        two.execute("select pydb.hold_place('h', 't', p_reason => 'r')")
    assert str(one.info.backend_pid) in said.detail
    one.commit()
    one.execute("set transaction isolation level repeatable read")
    one.execute("select 1 from t")
    two.execute("select pydb.hold_place('h', 't', p_reason => 'r')")
    with refused("40001"):
        one.execute("select * from pydb.cascade_delete('t', '{\"id\": 2}')")
    one.rollback()
    with refused("YD703"):
        one.execute("select * from pydb.cascade_delete('t', '{\"id\": 2}')")


def test_a_hold_that_waits_lets_other_deletes_through(connect: Connect) -> None:
    one, two, three = connect(autocommit=False), connect(), connect()
    two.execute("create table t (id int primary key); insert into t values (1), (2), (3)")
    one.execute("select * from pydb.cascade_delete('t', '{\"id\": 1}')")
    hold = Background(two, "select pydb.hold_place('h', 't', p_reason => 'r')")
    waits = "select exists (select from pg_locks where pid = %s and not granted)"
    while three.execute(waits, [hold.pid]).fetchone() != (True,):
        time.sleep(PAUSE)
    three.execute("set lock_timeout = '5s'")
    three.execute("select * from pydb.cascade_delete('t', '{\"id\": 2}')")
    one.commit()
    hold.succeeded()
    assert three.execute("select id from t").fetchall() == [(3,)]
    assert two.execute("show lock_timeout").fetchone() == ("0",)
    with refused("YD703"):
        three.execute("select * from pydb.cascade_delete('t', '{\"id\": 3}')")


@pytest.mark.parametrize(
    "hold",
    [
        ("t", '[{"id": 1, "no": 1}, {"id": 2, "no": 2}]', None),
        ("t", ALL_KEYS, None),
        ("parent", None, "held"),
        ("parent", ALL_PARENTS, None),
    ],
    ids=["two columns", "many of two columns", "filter above", "many keys above"],
)
def test_a_row_that_becomes_held_while_a_delete_waits_for_it_stays(
    connect: Connect, hold: tuple[str, str | None, str | None]
) -> None:
    one, two, three = connect(), connect(autocommit=False), connect()
    one.execute("""
        create table parent (id int primary key, held bool not null);
        insert into parent select i, i < 200 from generate_series(1, 400) as i;
        create table t (id int, no int, up int, at timestamptz not null);
        insert into t select i, i, 300, '2024-06-01' from generate_series(201, 230) as i;
        select pydb.reference_set('t', '{up}', 'parent', '{id}', 'cascade');
        select pydb.retention_policy_set('p', 't', 'at', '30 days', p_fuse_share => 1);
        update pydb.setting set value = '20 s' where name = 'lock_timeout';
    """)
    one.execute("select pydb.hold_place('h', %s, %s, %s, p_reason => 'r')", hold)
    two.execute("update t set id = 1, no = 1, up = 1 where id = 215")
    run = Background(one, "call pydb.retention_run('p')")
    waits = "select exists (select from pg_locks where pid = %s and not granted)"
    while three.execute(waits, [run.pid]).fetchone() != (True,):
        time.sleep(PAUSE)
    two.commit()
    run.succeeded()
    assert three.execute("select id, no, up from t").fetchall() == [(1, 1, 1)]
