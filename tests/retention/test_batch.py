"""retention_batch: bounded steps in the caller's transaction, and cursors that carry places, never power."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.retention.lab import OLD, Lab, large, refused

if TYPE_CHECKING:
    from tests.conftest import Connect


@pytest.mark.parametrize("strategy", ["heap", "index"])
@pytest.mark.parametrize("size", [1, 333, 100_000])
def test_batches_add_up_to_the_plan(lab: Lab, strategy: str, size: int) -> None:
    large(lab, rows=2_000 if size > 1 else 40)
    lab.policy(strategy=strategy)
    planned = lab.planned()
    want = lab.ids("public.t where at >= '2024-12-02'")
    cursor, total, calls = None, 0, 0
    while True:
        done, left, cursor = lab.batch(rows=size, cursor=cursor)
        total += done
        calls += 1
        assert done <= size
        assert left == planned - total
        assert calls <= planned / size + 3
        if cursor is None:
            break
    assert total == planned
    assert lab.ids() == want
    assert lab.batch() == (0, 0, None)
    assert lab.runs() == []
    # each batch that deleted is in the audit log, with its number
    assert (
        lab.number(
            "select sum((arguments ->> 'rows_done')::bigint)::bigint from pydb.audit_log "
            "where action = 'retention_batch'"
        )
        == planned
    )


def test_a_batch_is_undone_with_its_transaction(table: Lab) -> None:
    table.policy()
    table.db.execute("begin")
    assert table.batch()[0] == 4
    table.db.execute("rollback")
    assert table.number("select count(*) from public.t") == 7
    assert ("retention_batch", "p") not in table.audit()


def test_a_batch_with_the_cursor_of_an_older_policy_begins_anew(table: Lab) -> None:
    table.policy()
    _, _, cursor = table.batch(rows=1)
    table.policy(filter="id <> 3")
    assert table.batch(rows=10, cursor=cursor)[0] == 2
    assert table.ids() == [3, 5, 6, 7]
    table.policy(fuse_rows=1, filter=None)
    table.do(f"insert into public.t values (1, '{OLD}'), (2, '{OLD}')")
    with refused("YD104"):
        table.batch(cursor=cursor)


@pytest.mark.parametrize(
    "change",
    [
        {"cutoff": "2100-01-01T00:00:00+00:00"},
        {"now": "2100-01-01T00:00:00+00:00"},
        {"policy": "other"},
        {"policy": None},
        {"now": None},
        {"now": "garbage"},
        {"due": "many"},
        {"done": None},
        {"segments": None},
        {"segments": 5},
        {"segments": [{}]},
        {"all": None},
        {"relation": "pg_class"},
        {"relation": "other"},
        {"relation": 0},
        {"strategy": "whole"},
        {"strategy": "drop"},
        {"at": -1},
        {"at": "x"},
        {"heap_range": 0},
        {"heap_range": -5},
        {"mode": "rows"},
        {"condition": "true"},
        {"strategy": "index", "from": "' or true --"},
        {"strategy": "index", "from": "2000-01-01'; drop table public.t; --"},
    ],
    ids=str,
)
def test_a_forged_cursor_deletes_nothing_that_has_not_expired(table: Lab, change: dict[str, object]) -> None:
    table.do("create table public.other as select id, at from public.t")
    table.policy()
    table.policy("other", table="public.other")
    text = table.batch(rows=1)[2]
    assert text is not None
    cursor = json.loads(text)
    for key, value in change.items():
        if key == "relation":
            named = isinstance(value, str)
            value = table.number("select %s::regclass::oid::bigint", f"{value}") if named else value  # noqa: PLW2901
        for place in [cursor] if key in cursor else cursor["segments"]:
            place[key] = value
    try:
        with refused("YD001", "YD105", "22007"):
            table.batch(cursor=json.dumps(cursor))
    except AssertionError:
        # what is not looked at at all may say what it likes
        assert set(change) & {"cutoff", "heap_range", "mode", "condition"}
    assert table.number("select count(*) from public.other") == 7
    assert {5, 6, 7} <= set(table.ids())


@pytest.mark.parametrize(
    "text", ["{}", "[]", "null", "1", '"x"', '{"policy": "p"}', '{"policy": "p", "segments": []}']
)
def test_what_is_no_cursor_is_refused_and_not_taken_for_the_end(table: Lab, text: str) -> None:
    table.policy()
    with refused("YD001"):
        table.batch(cursor=text)
    assert table.number("select count(*) from public.t") == 7


def test_an_edit_of_the_table_between_two_batches_stops_the_walk(table: Lab) -> None:
    table.policy()
    _, _, cursor = table.batch(rows=1)
    table.do("create table public.c (t_id int references public.t); insert into public.c values (4)")
    done, _, cursor = table.batch(cursor=cursor)
    assert (done, table.ids()) == (2, [4, 5, 6, 7])
    table.do("alter table public.t rename at to was_at")
    table.do(f"insert into public.t values (1, '{OLD}')")
    with refused("YD102", "42703"):
        table.batch(cursor=cursor)


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_a_batch_whose_snapshot_is_older_than_a_reference(lab: Lab, connect: Connect, level: str) -> None:
    """It would not see what the reference keeps, and leave it behind."""
    lab.do(
        "create table public.t (id int primary key, at timestamptz);"
        f"insert into public.t values (1, '{OLD}'), (2, '{OLD}');"
        "create table public.kid (id int primary key, t int); insert into public.kid values (1, 1)"
    )
    lab.policy(fuse_share=1)
    lab.db.execute(f"begin isolation level {level}".encode())
    lab.db.execute("select from public.t")
    with connect() as other:
        other.execute("select pydb.reference_set('public.kid', '{t}', 'public.t', '{id}', 'restrict')")
    with pytest.raises(psycopg.errors.SerializationFailure):
        lab.batch()
    lab.db.execute("rollback")
    lab.db.execute(f"begin isolation level {level}".encode())
    assert lab.batch()[0] == 1
    lab.db.execute("commit")
    assert lab.ids() == [1]
