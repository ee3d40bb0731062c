"""The scan in pieces: exact whatever their size, budgets, going on, kills, other sessions."""

from __future__ import annotations

from typing import cast

import pytest

from tests.orphans.lab import Background, Lab

WIDE = """create schema if not exists app;
create table app.parent (id int primary key);
insert into app.parent select i from generate_series(1, 100) as i;
create table app.wide (id int primary key, parent_id int, filler text) with (fillfactor = 10);
insert into app.wide select i, case when i % 7 = 0 then -i else i % 100 + 1 end, repeat('x', 850)
from generate_series(1, 3000) as i;
alter table app.wide add constraint wide_fk foreign key (parent_id) references app.parent not valid"""
ORPHANS = 3000 // 7


@pytest.fixture
def wide(lab: Lab) -> Lab:
    """``app.wide``: 3,000 rows of a block each, every seventh an orphan."""
    lab.do(WIDE)
    return lab


def chunk(lab: Lab, blocks: int, sample: int = 10) -> object:
    """Look at the next blocks, as a scan does; pieces never grow."""
    return lab.one(
        "select status from pydb_internal.orphan_scan_piece('app.wide.wide_fk', null, %s, %s, 0)",
        sample,
        blocks,
    )


def test_pieces_add_up(wide: Lab) -> None:
    wide.rows("select pydb_internal.orphan_enroll(null, false)")
    ends = [chunk(wide, 700)]
    ((checked, share),) = wide.rows(
        "select (progress ->> 'checked_rows')::int, coverage from pydb.orphan_finding"
    )
    assert (checked, float(share)) == (700, 0.233)
    while ends[-1] == "more":
        ends.append(chunk(wide, 700))
    assert (ends[-1], len(ends) > 10) == ("complete", True)
    found = wide.rows("select orphans, checked_rows, coverage, status, sample -> 0 from pydb.orphan_list")
    assert found == [(ORPHANS, 3000, 1, "complete", {"id": 7, "parent_id": -7})]


def test_the_procedure_and_the_function_say_the_same(wide: Lab) -> None:
    row = wide.scan_one()
    call = wide.run()
    assert (call.end, call.detail["orphans"]) == (("completed", "exhausted"), ORPHANS)
    assert (row["orphans"], row["checked_rows"]) == (ORPHANS, 3000)
    assert call.detail["references"] == call.detail["finished"] == 1


def test_a_run_takes_the_references_by_turns_and_says_what_it_found(wide: Lab) -> None:
    """Each piece is a batch of its own; the run goes round until both references are through."""
    wide.do("select pydb.reference_set('app.wide', '{id}', 'app.parent', '{id}', p_name => 'app.wide.other')")
    wide.old()
    wide.rows("select pydb_internal.orphan_enroll(null, false)")
    for name in ("wide_fk", "other"):
        wide.rows("select pydb_internal.orphan_scan_piece(%s, null, 10, 64, 0)", f"app.wide.{name}")
    call = wide.run()
    assert (call.end, call.sqlstate) == (("completed", "exhausted"), None)
    assert call.messages == ["scan: completed (exhausted), 3328 rows without a parent"]
    assert (call.detail["finished"], call.detail["orphans"]) == (2, ORPHANS + 2900)
    # two pieces were looked at before
    assert (call.run["rows_done"], call.detail["checked_rows"]) == (0, 2 * (3000 - 64))
    assert cast("int", call.run["batches"]) > 2
    call = wide.run("wide_fk", max_runtime="1 microsecond")
    assert call.messages == ["scan app.wide.wide_fk: partial (time_budget), nothing was looked at"]


def test_a_spent_budget_is_partial_and_the_next_call_goes_on(wide: Lab) -> None:
    wide.do("select pydb.reference_set('app.wide', '{id}', 'app.parent', '{id}', p_name => 'app.wide.other')")
    wide.old()
    wide.rows("select pydb_internal.orphan_enroll(null, false)")
    assert chunk(wide, 700) == "more"
    call = wide.run(max_runtime="1 microsecond")
    assert call.end == ("partial", "time_budget")
    found = wide.scan(max_runtime="1 microsecond")
    assert {row["status"] for row in found.values()} == {"partial"}
    assert "the next scan goes on from there" in str(found["wide_fk"]["reason"])
    assert found["wide_fk"]["checked_rows"] == 700
    assert found["other"]["coverage"] == 0
    found = wide.scan(max_runtime="1 hour")
    assert {(row["status"], row["checked_rows"]) for row in found.values()} == {("complete", 3000)}
    assert (found["wide_fk"]["orphans"], found["other"]["orphans"]) == (ORPHANS, 2900)


def test_the_one_longest_not_looked_at_is_next(wide: Lab) -> None:
    wide.do("select pydb.reference_set('app.wide', '{id}', 'app.parent', '{id}', p_name => 'app.wide.aaa')")
    wide.rows("select pydb_internal.orphan_enroll(null, false)")
    assert chunk(wide, 700) == "more"
    order = "select pydb_internal.orphan_scan_order('{app.wide.wide_fk,app.wide.aaa}')"
    assert wide.one(order) == ["app.wide.aaa", "app.wide.wide_fk"]
    wide.one("select status from pydb_internal.orphan_scan_piece('app.wide.aaa', null, 1, 100, 0)")
    assert wide.one(order) == ["app.wide.wide_fk", "app.wide.aaa"]


def test_restart_begins_anew(wide: Lab) -> None:
    wide.rows("select pydb_internal.orphan_enroll(null, false)")
    chunk(wide, 700)
    wide.do("update app.wide set parent_id = 1 where id < 700")
    assert wide.scan_one(restart=True)["orphans"] == ORPHANS - 99


CHANGES = (
    "truncate app.wide",
    "vacuum full app.wide",
    "alter table app.wide rename parent_id to p",
    "drop table app.wide",
)


@pytest.mark.parametrize("change", CHANGES)
def test_a_table_that_changed_is_scanned_from_its_start(wide: Lab, change: str) -> None:
    wide.rows("select pydb_internal.orphan_enroll(null, false)")
    chunk(wide, 700)
    wide.do(change)
    found = wide.scan()
    if change.startswith("drop"):
        assert found == {}
        assert wide.rows("select 1 from pydb.orphan_finding") == []
    else:
        rows = wide.one("select count(*) from app.wide")
        assert (found["wide_fk"]["status"], found["wide_fk"]["checked_rows"]) == ("complete", rows)


def test_partitions_that_come_and_go_between_pieces(lab: Lab) -> None:
    lab.do(
        """create schema if not exists app; create table app.parent (id int primary key);
        create table app.wide (id int, parent_id int, filler text) partition by range (id);
        create table app.a partition of app.wide for values from (0) to (500) with (fillfactor = 10);
        create table app.b partition of app.wide for values from (500) to (1000) with (fillfactor = 10);
        insert into app.wide select i, 1, repeat('x', 850) from generate_series(1, 999) as i;
        select pydb.reference_set(
            'app.wide', '{parent_id}', 'app.parent', '{id}', p_name => 'app.wide.wide_fk')"""
    )
    lab.old()
    lab.rows("select pydb_internal.orphan_enroll(null, false)")
    assert [chunk(lab, 300), chunk(lab, 300)] == ["more", "more"]
    lab.do(
        """alter table app.wide detach partition app.b;
        create table app.c partition of app.wide for values from (1000) to (2000);
        insert into app.wide select i, 1 from generate_series(1000, 1099) as i"""
    )
    lab.old()
    assert (lab.scan_one()["status"], lab.scan_one()["orphans"]) == ("complete", 599)


def test_an_older_table_that_is_attached_between_pieces_is_looked_at(lab: Lab) -> None:
    lab.do(
        """create schema if not exists app; create table app.parent (id int primary key);
        create table app.old (id int, parent_id int, filler text);
        insert into app.old select i, 1 from generate_series(1000, 1099) as i;
        create table app.wide (id int, parent_id int, filler text) partition by range (id);
        create table app.a partition of app.wide for values from (0) to (500) with (fillfactor = 10);
        create table app.b partition of app.wide for values from (500) to (1000) with (fillfactor = 10);
        insert into app.wide select i, 1, repeat('x', 850) from generate_series(1, 999) as i;
        select pydb.reference_set(
            'app.wide', '{parent_id}', 'app.parent', '{id}', p_name => 'app.wide.wide_fk')"""
    )
    lab.old()
    lab.rows("select pydb_internal.orphan_enroll(null, false)")
    assert [chunk(lab, 300), chunk(lab, 300)] == ["more", "more"]
    lab.do("alter table app.wide attach partition app.old for values from (1000) to (2000)")
    assert (lab.scan_one()["status"], lab.scan_one()["orphans"]) == ("complete", 1099)


def test_two_sessions_share_the_work(wide: Lab) -> None:
    """Whoever is at a reference holds it for one piece; the other passes it over and says so."""
    other = wide.session(autocommit=False)
    wide.rows("select pydb_internal.orphan_enroll(null, false)")
    other.execute("select pydb_internal.orphan_scan_piece('app.wide.wide_fk', null, 10, 700, 0)")
    call = wide.run()
    assert call.end == ("partial", "locked")
    other.commit()
    assert wide.run().end == ("completed", "exhausted")
    assert wide.one("select orphans from pydb.orphan_list") == ORPHANS


def test_terminated_scan_is_found_and_goes_on_where_it_was(wide: Lab) -> None:
    wide.do("select pydb.setting_set('lock_timeout', '30 s')")
    wide.do("select pydb.reference_set('app.wide', '{id}', 'app.parent', '{id}', p_name => 'app.wide.aaa')")
    wide.rows("select pydb_internal.orphan_enroll(null, false)")
    wide.do("update pydb.orphan_finding set looked_at = now() where reference = 'app.wide.aaa'")
    # the piece that was committed stays; the scan stands before the next one
    assert chunk(wide, 700) == "more"
    other = wide.session(autocommit=False)
    other.execute("lock table app.wide in access exclusive mode")
    run = Background(wide.session(), "call pydb.orphan_scan_run('wide_fk')")
    wide.until_waiting(run.pid)
    wide.one("select pg_terminate_backend(%s)", run.pid)
    assert run.ended() is not None
    wide.until("select not exists (select from pg_stat_activity where pid = %s)", run.pid)
    other.rollback()
    assert wide.rows(
        "select (progress ->> 'checked_rows')::int from pydb.orphan_finding where progress is not null"
    ) == [(700,)]
    call = wide.run("wide_fk")
    assert call.end == ("completed", "exhausted")
    assert wide.rows("select state, stop_reason from pydb.job_run order by id") == [
        ("interrupted", "error"),
        ("completed", "exhausted"),
    ]
    assert wide.one("select orphans from pydb.orphan_list where reference ~ 'wide_fk'") == ORPHANS


def test_cancelled_scan_says_so(wide: Lab) -> None:
    wide.do("select pydb.setting_set('lock_timeout', '30 s')")
    other = wide.session(autocommit=False)
    other.execute("lock table app.wide in access exclusive mode")
    run = Background(wide.session(), "call pydb.orphan_scan_run()")
    wide.until_waiting(run.pid)
    wide.one("select pg_cancel_backend(%s)", run.pid)
    error = run.ended()
    assert error is not None
    assert error.sqlstate == "57014"
    other.rollback()
    assert wide.last_run()["state"] == "cancelled"
    assert wide.run().end == ("completed", "exhausted")
