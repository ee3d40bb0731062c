"""Chunks go by drop_chunks of TimescaleDB; what is merely called like a part of it is neither read nor run.

It is not at hand: ``hyperlab`` imitates what pydb calls of it, with its entries in the catalog.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.retention import hyperlab
from tests.retention.hyperlab import chunks, hypertable
from tests.retention.lab import OLD, Lab, Run, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

CHUNK = "_timescaledb_internal._hyper_1_{}_chunk"
DONE = ("completed", "exhausted")


def prune(lab: Lab) -> Run:
    """Plan, run, and hold the law: rows planned = rows logged = rows gone."""
    before = lab.number("select count(*) from public.t")
    planned = lab.planned("p")
    run = lab.run()
    gone = before - lab.number("select count(*) from public.t")
    assert planned == run.rows_planned
    assert gone == run.rows_done <= planned
    if run.end == DONE:
        assert gone == planned
    return run


@pytest.fixture
def hyper(lab: Lab) -> Lab:
    hyperlab.install(lab)
    return lab


@pytest.mark.parametrize("action", ["delete", "archive"])
def test_a_hypertable_is_refused_with_what_drops_its_chunks(lab: Lab, action: str) -> None:
    lab.do('create table public."Tab le" (id int, at timestamptz not null); create table public.plain'
        f" (id int, at timestamptz not null); insert into public.plain values (1, '{OLD}')")  # fmt: skip
    lab.do(hyperlab.CATALOG)
    lab.do("insert into _timescaledb_catalog.hypertable values (1, 'public', 'Tab le')")
    # so far somebody has made a table of that name
    if action == "delete":
        lab.policy("mine", 'public."Tab le"', action=action)
    lab.do(hyperlab.EXTENSION)
    with refused("YD003") as refusal:
        lab.policy("p", 'public."Tab le"', action=action)
    assert "hypertable" in refusal.detail
    assert """drop_chunks('public."Tab le"', older_than =>""" in refusal.hint
    lab.policy("plain", "public.plain", action="delete")
    lab.call("plain")
    assert lab.one("select count(*) from public.plain") == 0
    if action == "delete":
        # a policy from before ends in the log, and deletes nothing
        assert lab.call("mine").sqlstate == "YD111"
        assert lab.one("select sqlstate from pydb.job_run where subject = 'mine'") == "YD003"


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "date", "bigint"])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland"])
def test_chunks_that_are_past_go_and_the_rest_stays(hyper: Lab, kind: str, zone: str) -> None:
    hypertable(hyper, kind)
    hyper.do(f"set timezone = '{zone}'")
    hyper.policy("p", action="drop_partition", **({"time_unit": "s"} if kind == "bigint" else {}))
    plan = {row.relation: (row.action, row.rows, row.total_rows) for row in hyper.plan("p")}
    assert plan == {CHUNK.format(n): ("drop", 4, 4) if n <= 4 else ("keep", 0, 4) for n in range(1, 9)}
    run = prune(hyper)
    assert (run.end, run.rows_done, run.rows_planned) == (DONE, 16, 16)
    assert chunks(hyper) == [5, 6, 7, 8]
    assert hyper.one("select count(*) from public.t") == 16
    assert hyper.rows("select name, state, rows, is_exact from pydb.retention_partition order by id") == [
        (CHUNK.format(n), "dropped", 4, True) for n in range(1, 5)
    ]
    assert [subject for action, subject in hyper.audit() if action == "retention_partition"] == ["p"] * 4
    assert prune(hyper).rows_done == 0


def test_chunks_of_one_stretch_of_time_go_together(hyper: Lab) -> None:
    hypertable(hyper, spaces=2)
    hyper.policy("p", action="drop_partition")
    hyper.do("select pydb.hold_place('case', 'public.t', p_filter => 'id = 20', p_reason => 'court')")
    held = {row.relation: row.codes for row in hyper.plan("p")}
    assert "partition_beside" in held[CHUNK.format(1)]
    assert "partition_held" in held[CHUNK.format(2)]
    assert all("held" in held[CHUNK.format(n)] for n in (1, 2))
    run = prune(hyper)
    # TimescaleDB would drop both chunks of the first day, and one of them is held
    assert chunks(hyper) == [1, 2, *range(9, 17)]
    assert (run.state, run.rows_done) == ("partial", 24)
    hyper.do("select pydb.hold_release('case', 'settled')")
    assert prune(hyper).rows_done == 8
    assert chunks(hyper) == [*range(9, 17)]


def test_a_row_budget_and_a_held_table_bound_it(hyper: Lab) -> None:
    hypertable(hyper)
    hyper.policy("p", action="drop_partition", max_rows=8)
    hyper.do("select pydb.hold_place('all', 'public.t', p_reason => 'court')")
    assert prune(hyper).rows_done == 0
    hyper.do("select pydb.hold_release('all', 'settled')")
    run = prune(hyper)
    assert (run.end, run.rows_done, chunks(hyper)) == (("partial", "row_budget"), 8, [3, 4, 5, 6, 7, 8])


def test_one_that_is_in_use_is_tried_again_and_stays(
    hyper: Lab, connect: Callable[[], Connection[tuple[object, ...]]]
) -> None:
    hypertable(hyper)
    hyper.policy("p", action="drop_partition")
    hyper.do("select pydb.setting_set('partition_patience', '300 ms')")
    other = connect()
    other.execute("begin")
    other.execute(f"select count(*) from {CHUNK.format(2)}")
    run = prune(hyper)
    assert (run.end, run.rows_done, chunks(hyper)) == (("partial", "locked"), 12, [2, 5, 6, 7, 8])
    assert run.rows_skipped == 4
    other.execute("commit")
    assert prune(hyper).rows_done == 4


def test_what_drops_other_chunks_than_it_said_is_undone(hyper: Lab) -> None:
    hypertable(hyper)
    hyper.policy("p", action="drop_partition")
    hyper.do(
        """create or replace function ts.drop_chunks(
            relation regclass, older_than anyelement, newer_than anyelement,
            "verbose" boolean default false, created_before text default null)
        returns setof text language plpgsql as
        $f$ begin drop table _timescaledb_internal._hyper_1_8_chunk; return; end $f$"""
    )
    run = hyper.call("p").run
    assert (run.state, run.sqlstate, run.rows_done) == ("failed", "YD901", 0)
    assert chunks(hyper) == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    "member", ["function ts.drop", "function ts.show", "view timescaledb_information.chunks"]
)
def test_what_does_not_belong_to_the_extension_is_never_called(lab: Lab, member: str) -> None:
    hyperlab.install(lab, member)
    hypertable(lab)
    with refused("YD120") as refusal:
        lab.policy("p", action="drop_partition")
    assert "of its own" in refusal.detail
    assert chunks(lab) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_function_of_somebody_else_beside_it_is_never_called(hyper: Lab) -> None:
    """With arguments of its exact types it would be the better match."""
    hypertable(hyper)
    hyper.policy("p", action="drop_partition")
    hyper.do(
        """create table public.trace (id int);
        create function ts.drop_chunks(relation regclass, older_than timestamptz, newer_than timestamptz)
        returns setof text language plpgsql as
        $f$ begin insert into public.trace values (1); return; end $f$"""
    )
    run = hyper.call("p").run
    assert (run.state, run.sqlstate) == ("failed", "YD120")
    assert hyper.one("select count(*) from public.trace") == 0
    assert len(chunks(hyper)) == 8


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"filter": "id > 1"}, "filter"),
        ({"partition": "keep"}, "neither keep nor move"),
        ({"partition_first": "archive"}, "neither keep nor move"),
        ({"time_column": "made"}, "ranges of at"),
    ],
)
def test_what_chunks_cannot_do_is_refused(hyper: Lab, more: dict[str, object], word: str) -> None:
    hypertable(hyper)
    hyper.do("alter table public.t add column made timestamptz")
    with refused("YD120") as refusal:
        hyper.policy("p", action="drop_partition", **more)
    assert word in refusal.detail


@pytest.mark.parametrize(
    "reference",
    [
        """alter table public.t add primary key (id);
        create table public.child (t_id int references public.t (id))""",
        # set while it was an ordinary table
        """create table public.child (t_id int);
        delete from _timescaledb_catalog.hypertable;
        select pydb.reference_set('public.child', '{t_id}', 'public.t', '{id}', p_on_delete => 'restrict');
        insert into _timescaledb_catalog.hypertable values (1, 'public', 't')""",
    ],
)
def test_a_hypertable_that_is_referenced_is_left_alone(hyper: Lab, reference: str) -> None:
    hypertable(hyper)
    hyper.policy("p", action="drop_partition")
    hyper.do(reference)
    hyper.do("insert into public.t values (1, '2025-01-01'); insert into public.child values (1)")
    run = hyper.call("p").run
    assert (run.state, run.sqlstate, len(chunks(hyper))) == ("failed", "YD120", 8)


def test_the_call_runs_nothing_of_the_path_of_the_application(hyper: Lab) -> None:
    hypertable(hyper)
    hyper.do(
        """create schema ops; create table public.trace (what text);
        create function ops.same(text, text) returns boolean language plpgsql as
        $f$ begin insert into public.trace values ($1); return true; end $f$;
        create operator ops.= (leftarg = text, rightarg = text, function = ops.same);
        create function ops.tally(bigint) returns bigint language plpgsql as
        $f$ begin insert into public.trace values ('count'); return $1; end $f$;
        create aggregate ops.count (*) (sfunc = ops.tally, stype = bigint, initcond = '0')"""
    )
    hyper.policy("p", action="drop_partition", search_path=["ops", "pg_catalog"])
    assert prune(hyper).rows_done == 16
    assert hyper.rows("select what from public.trace") == []


def test_a_chunk_that_has_no_end_stays(hyper: Lab) -> None:
    """A time that stands for ever lies in a chunk whose range ends beyond the type of the column."""
    hypertable(hyper, "integer")
    hyper.do(
        """create table _timescaledb_internal._hyper_1_9_chunk () inherits (public.t);
        insert into _timescaledb_internal._hyper_1_9_chunk values (90, 2147483647);
        insert into _timescaledb_catalog.chunk values (1, '_timescaledb_internal', '_hyper_1_9_chunk',
            '2147472000', '9223372036854775807')"""
    )
    hyper.policy("p", action="drop_partition", time_unit="s")
    assert prune(hyper).rows_done == 16
    assert chunks(hyper) == [5, 6, 7, 8, 9]


def test_without_the_extension_a_table_with_chunks_is_no_hypertable(lab: Lab) -> None:
    """As a dump leaves it that was read in where TimescaleDB is not installed."""
    lab.do(hyperlab.CATALOG)
    lab.do(hyperlab.API.partition("create view")[0])
    hypertable(lab)
    with refused("YD120") as refusal:
        lab.policy("p", action="drop_partition")
    assert "TimescaleDB, which is not installed" in refusal.detail
    assert chunks(lab) == [1, 2, 3, 4, 5, 6, 7, 8]
