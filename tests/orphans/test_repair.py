"""Repairs: the dry run is the effect, each mode does what it says, and what stays is counted and named."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, cast

import pytest

from tests.orphans.lab import Background, Lab, refused

if TYPE_CHECKING:
    from tests.conftest import RoleFactory

ORPHANS = {1, 11, 21, 31, 41, 51, 61, 71, 81, 91}
DONE = ("completed", "exhausted")


@pytest.mark.parametrize(("on_delete", "mode"), [("cascade", "delete"), ("set null", "nullify")])
def test_mode_follows_the_reference(shop: Lab, on_delete: str, mode: str) -> None:
    shop.do(f"update pydb.reference set on_delete = '{on_delete}'")
    rehearsal = shop.repair("parent_id_ref", dry_run=True)
    assert (rehearsal.end, rehearsal.run["dry_run"], rehearsal.run["rows_planned"]) == (DONE, True, 10)
    assert rehearsal.detail["mode"] == mode
    assert len(shop.ids()) == 101
    call = shop.repair("parent_id_ref")
    assert (call.end, call.run["rows_planned"], call.run["rows_done"]) == (DONE, 10, 10)
    assert set(range(1, 102)) - set(shop.ids()) == (ORPHANS if mode == "delete" else set())
    nulls = {row[0] for row in shop.rows("select id from app.child where parent_id is null")}
    assert nulls == ({101} if mode == "delete" else ORPHANS | {101})
    assert shop.rows("select orphans, status from pydb.orphan_list") == [(0, "complete")]
    assert shop.repair("parent_id_ref").run["rows_done"] == 0


@pytest.mark.parametrize("on_delete", ["no action", "restrict", "set default"])
def test_without_an_action_of_its_own_it_is_blocked_and_says_what_to_choose(
    shop: Lab, on_delete: str
) -> None:
    shop.do(f"update pydb.reference set on_delete = '{on_delete}'")
    call = shop.repair("parent_id_ref")
    assert (call.sqlstate, call.end, call.run["sqlstate"]) == ("YD111", ("blocked", "error"), "YD401")
    assert "'quarantine'); or 'delete' or 'nullify'" in str(call.detail["hint"])
    assert len(shop.ids()) == 101


def test_nullify_onto_not_null_is_refused(shop: Lab) -> None:
    """E7: nothing is started."""
    shop.do(
        "delete from app.child where parent_id is null; alter table app.child alter parent_id set not null"
    )
    call = shop.repair("parent_id_ref", mode="nullify")
    assert (call.end, call.run["sqlstate"]) == (("blocked", "error"), "YD401")
    assert "NOT NULL: parent_id" in "; ".join(call.messages) or call.run["error"]


def test_unknown_mode(shop: Lab) -> None:
    call = shop.repair("parent_id_ref", mode="burn")
    assert (call.end, call.run["sqlstate"]) == (("blocked", "error"), "YD401")


def test_nullify_of_composite_keys(lab: Lab) -> None:
    """MATCH SIMPLE: what may be null; SET NULL (columns): those; MATCH FULL: all."""
    lab.do(
        """create schema if not exists app; create table app.p (a int, b int, primary key (a, b));
        create table app.s (id int, a int not null, b int);
        create table app.l (id int, a int, b int);
        create table app.f (id int, a int, b int);
        insert into app.s values (1, 1, 1); insert into app.l values (1, 1, 1);
        insert into app.f values (1, 1, 1), (2, 1, null);
        alter table app.s add constraint s_fk foreign key (a, b) references app.p not valid;
        alter table app.l add constraint l_fk foreign key (a, b) references app.p
            on delete set null (a) not valid;
        alter table app.f add constraint f_fk foreign key (a, b) references app.p match full
            on delete set null not valid"""
    )
    for name in ("s_fk", "l_fk", "f_fk"):
        assert lab.repair(name, mode="nullify").end == DONE
        assert lab.scan_one(name)["orphans"] == 0
    assert lab.rows("select a, b from app.s") == [(1, None)]
    assert lab.rows("select a, b from app.l") == [(None, 1)]
    assert lab.rows("select a, b from app.f") == [(None, None), (None, None)]


def test_parent_that_arrives_between_scan_and_repair_saves_its_child(shop: Lab) -> None:
    """C7."""
    shop.scan()
    shop.do("insert into app.parent values (1001)")
    assert shop.repair("parent_id_ref").run["rows_done"] == 9
    assert 1 in shop.ids()


def test_parent_that_arrives_during_the_repair_saves_its_child(shop: Lab) -> None:
    """C7: the condition is asked again by each batch; the run stands before a lock after it has counted."""
    shop.do("select pydb.setting_set('lock_timeout', '30 s')")
    other = shop.session(autocommit=False)
    other.execute("select from app.child where id = 11 for update")
    run = Background(shop.session(), "call pydb.orphan_repair('parent_id_ref')")
    shop.until_waiting(run.pid)
    other.execute("update app.child set parent_id = 1 where id = 11")
    other.commit()
    assert run.ended() is None
    assert 11 in shop.ids()
    assert shop.last_run()["rows_done"] == 9


def test_orphans_that_others_reference_stay_and_are_counted(shop: Lab) -> None:
    shop.do(
        """create table app.grand (child_id int constraint grand_fk references app.child);
        create table app.note (child_id int constraint note_fk references app.child on delete cascade);
        insert into app.grand values (11), (51); insert into app.note values (1), (1), (2)"""
    )
    rehearsal = shop.repair("parent_id_ref", dry_run=True)
    assert "2 rows of app.note would be deleted too, through app.note.note_fk" in rehearsal.effects
    assert (
        "2 rows of app.grand reference orphans through app.grand.grand_fk and keep them" in rehearsal.effects
    )
    call = shop.repair("parent_id_ref")
    assert (call.end, call.sqlstate) == (("partial", "referenced"), None)
    assert (call.run["rows_done"], call.run["rows_skipped"]) == (8, 2)
    assert set(range(1, 102)) - set(shop.ids()) == ORPHANS - {11, 51}
    assert shop.one("select count(*) from app.note") == 1
    shop.do("delete from app.grand")
    assert shop.repair("parent_id_ref").end == DONE


def test_locked_orphans_stay_and_are_counted(shop: Lab) -> None:
    other = shop.session(autocommit=False)
    other.execute("select from app.child where id in (1, 91) for update")
    call = shop.repair("parent_id_ref")
    assert (call.end, call.run["rows_done"], call.run["rows_skipped"]) == (("partial", "locked"), 8, 2)
    other.rollback()
    assert shop.repair("parent_id_ref").run["rows_done"] == 2


def test_a_locked_table_blocks_the_repair(shop: Lab) -> None:
    other = shop.session(autocommit=False)
    other.execute("lock table app.child in share mode")
    call = shop.repair("parent_id_ref")
    assert (call.end, call.sqlstate) == (("blocked", "locked"), "YD111")
    other.rollback()


@pytest.mark.parametrize("mode", ["delete", "quarantine"])
def test_e13_trigger_or_rule_that_keeps_rows_ends_in_no_progress(shop: Lab, mode: str) -> None:
    shop.do(
        """create function app.keep() returns trigger language plpgsql as 'begin return null; end';
        create trigger keep before delete on app.child for each row when (old.id < 50)
        execute function app.keep()"""
    )
    assert "trigger keep of app.child fires" in shop.repair("parent_id_ref", mode=mode, dry_run=True).effects
    call = shop.repair("parent_id_ref", mode=mode)
    assert (call.end, call.run["rows_done"], call.run["rows_skipped"]) == (("partial", "no_progress"), 5, 5)
    assert shop.one("select count(*) from pydb.orphan_quarantine") == (5 if mode == "quarantine" else 0)


def test_kill_switch(shop: Lab) -> None:
    shop.do("select pydb.setting_set('kill_switch', 'on')")
    call = shop.repair("parent_id_ref")
    assert (call.end, call.sqlstate, len(shop.ids())) == (("skipped", "kill_switch"), None, 101)
    assert shop.repair("parent_id_ref", dry_run=True).end == DONE
    assert shop.run().end == DONE


def test_kill_switch_during_a_repair(shop: Lab) -> None:
    """It is looked at before each batch."""
    shop.do(
        """create function app.stop() returns trigger language plpgsql as $$
        begin perform pydb.setting_set('kill_switch', 'on'); return null; end $$;
        create table app.wide (id int, parent_id int, filler text) with (fillfactor = 10);
        insert into app.wide select i, 5000, repeat('x', 800) from generate_series(1, 1200) as i;
        select pydb.reference_set('app.wide', '{parent_id}', 'app.parent', '{id}', 'cascade');
        create trigger stop after delete on app.wide for each statement execute function app.stop()"""
    )
    shop.old()
    call = shop.repair("app.wide.parent_id_ref")
    assert call.end == ("partial", "kill_switch")
    assert (call.run["batches"], call.run["rows_done"]) == (1, 500)
    assert shop.one("select count(*) from app.wide") == 1200 - 500


def test_row_budget_and_going_on(shop: Lab) -> None:
    call = shop.repair("parent_id_ref", max_rows=4)
    assert (call.end, call.run["rows_planned"], call.run["rows_done"]) == (("partial", "row_budget"), 10, 4)
    call = shop.repair("parent_id_ref", max_rows=6)
    assert (call.end, call.run["rows_done"]) == (DONE, 6)


def test_one_live_repair_of_a_reference(shop: Lab) -> None:
    shop.do("select pydb.setting_set('lock_timeout', '30 s')")
    other = shop.session(autocommit=False)
    other.execute("select from app.child where id = 11 for update")
    first = Background(shop.session(), "call pydb.orphan_repair('parent_id_ref')")
    shop.until_waiting(first.pid)
    call = shop.repair("parent_id_ref")
    assert call.end == ("skipped", "locked")
    other.rollback()
    assert first.ended() is None
    assert set(range(1, 102)) - set(shop.ids()) == ORPHANS


def test_terminated_repair_is_found_and_goes_on(shop: Lab) -> None:
    shop.do("select pydb.setting_set('lock_timeout', '30 s')")
    other = shop.session(autocommit=False)
    other.execute("select from app.child where id = 11 for update")
    run = Background(shop.session(), "call pydb.orphan_repair('parent_id_ref', 'quarantine')")
    shop.until_waiting(run.pid)
    shop.one("select pg_terminate_backend(%s)", run.pid)
    assert run.ended() is not None
    shop.until("select not exists (select from pg_stat_activity where pid = %s)", run.pid)
    other.rollback()
    assert (len(shop.ids()), shop.one("select count(*) from pydb.orphan_quarantine")) == (101, 0)
    call = shop.repair("parent_id_ref", mode="quarantine")
    assert (call.end, call.run["rows_done"]) == (DONE, 10)
    assert shop.rows("select state, stop_reason from pydb.job_run order by id limit 1") == [
        ("interrupted", "error")
    ]


def test_cancelled_repair_says_so(shop: Lab) -> None:
    shop.do("select pydb.setting_set('lock_timeout', '30 s')")
    other = shop.session(autocommit=False)
    other.execute("select from app.child where id = 11 for update")
    run = Background(shop.session(), "call pydb.orphan_repair('parent_id_ref')")
    shop.until_waiting(run.pid)
    shop.one("select pg_cancel_backend(%s)", run.pid)
    error = run.ended()
    assert error is not None
    assert error.sqlstate == "57014"
    other.rollback()
    row = shop.last_run()
    assert (row["state"], row["stop_reason"], row["rows_done"]) == ("cancelled", "cancelled", 0)


def test_table_changed_during_the_repair(shop: Lab) -> None:
    shop.do(
        """create table app.wide (id int, parent_id int, filler text) with (fillfactor = 10);
        insert into app.wide select i, 5000, repeat('x', 800) from generate_series(1, 1200) as i;
        select pydb.reference_set('app.wide', '{parent_id}', 'app.parent', '{id}', 'cascade');
        create function app.swap() returns trigger language plpgsql as $$
        begin update pydb.reference set on_delete = 'set null' where name ~ 'wide'; return null; end $$;
        create trigger swap after delete on app.wide for each statement execute function app.swap()"""
    )
    shop.old()
    call = shop.repair("app.wide.parent_id_ref")
    assert (call.end, call.sqlstate, call.run["sqlstate"]) == (("failed", "error"), "YD110", "YD403")
    assert call.run["rows_done"] == 500


def test_f10_e12_missing_privileges_are_listed_before_anything_is_done(shop: Lab, role: RoleFactory) -> None:
    name = role("runner")
    shop.do(
        f"grant usage on schema pydb, pydb_internal, app to {name}; grant execute on all routines in"
        f" schema pydb, pydb_internal to {name};"
        f"grant all on all tables in schema pydb to {name}; grant select on app.parent, app.child to {name}"
    )
    connection = shop.session(name)
    call = shop.repair("parent_id_ref", db=connection)
    assert (call.sqlstate, call.end, call.run["sqlstate"]) == ("YD111", ("blocked", "error"), "YD005")
    assert call.detail["hint"] == f"grant delete on app.child to {name};"
    call = shop.repair("parent_id_ref", mode="nullify", db=connection)
    assert call.detail["hint"] == f"grant update on app.child to {name};"


def test_replica_role_is_refused(shop: Lab) -> None:
    shop.do("set session_replication_role = replica")
    assert shop.repair("parent_id_ref").run["sqlstate"] == "YD001"


def test_unknown_reference_and_bad_bounds(shop: Lab) -> None:
    with refused("YD301"):
        shop.do("call pydb.orphan_repair('nothing')")
    with refused("YD301"):
        shop.do("call pydb.orphan_repair(null)")
    with refused("YD001"):
        shop.do("call pydb.orphan_repair('parent_id_ref', p_max_rows => 0)")
    with refused("2D000"):
        shop.do("begin; call pydb.orphan_repair('parent_id_ref'); commit")
    shop.do("rollback")


def test_many_rows_in_many_batches_with_some_that_stay(shop: Lab) -> None:
    """Those that are referenced are found by halving; all others go, also one that an update moved."""
    shop.do(
        """create table app.many (id int primary key, parent_id int, note text) with (fillfactor = 50);
        insert into app.many
        select i, case when i % 2 = 0 then 1 else -i end from generate_series(1, 20000) as i;
        alter table app.many add constraint many_fk foreign key (parent_id) references app.parent
            on delete cascade not valid;
        create table app.grand (many_id int references app.many);
        insert into app.grand values (5001), (5003), (15001);
        create function app.move() returns trigger language plpgsql as $$ begin
            update app.many set note = repeat('x', 2000) where id = 19999 and note is null; return null;
        end $$;
        create trigger move after delete on app.many for each statement execute function app.move()"""
    )
    call = shop.repair("many_fk")
    assert (call.end, call.run["rows_planned"]) == (("partial", "referenced"), 9997)
    assert (call.run["rows_done"], call.run["rows_skipped"]) == (9997, 3)
    assert shop.rows("select id from app.many where parent_id < 0 order by 1") == [(5001,), (5003,), (15001,)]
    assert shop.one("select count(*) from app.many") == 10003


def test_repairs_are_audited(shop: Lab) -> None:
    run = shop.repair("parent_id_ref").run
    ((arguments,),) = shop.rows("select arguments from pydb.audit_log where run_id = %s", run["id"])
    assert cast("dict[str, object]", arguments)["rows_done"] == 10
    assert cast("dict[str, object]", arguments)["mode"] == "delete"
    subjects = shop.rows("select subject from pydb.audit_log where run_id = %s", run["id"])
    assert subjects == [("app.child.parent_id_ref",)]


def test_a_repair_says_what_it_did_and_what_it_would_do(shop: Lab) -> None:
    shop.do("create table app.note (child_id int constraint note_fk references app.child on delete cascade)")
    shop.do("insert into app.note values (1)")
    call = shop.repair("parent_id_ref", dry_run=True)
    assert call.messages == [
        "1 row of app.note would be deleted too, through app.note.note_fk",
        "repair app.child.parent_id_ref: completed (exhausted), 10 rows to delete (dry run)",
    ]
    for mode, verb in (("quarantine", "quarantined"), ("nullify", "nullified"), ("delete", "deleted")):
        shop.do("insert into app.child values (500, 500)")
        shop.old()
        call = shop.repair("parent_id_ref", mode=mode, max_rows=1)
        assert f"(row_budget), 1 of {call.run['rows_planned']} rows {verb}" in call.messages[-1]
        shop.do("delete from app.child where id = 500")
    call = shop.repair("parent_id_ref", mode="burn")
    assert "blocked (error), nothing was repaired: unknown mode 'burn'" in call.messages[-1]


def test_a_clean_reference_is_a_finding_too(shop: Lab) -> None:
    """Also where nothing was left to do, for example by a repair that died after its last batch."""
    shop.scan()
    shop.do("delete from app.child where parent_id > 1000")
    assert shop.repair("parent_id_ref", dry_run=True).end == DONE
    assert shop.one("select orphans from pydb.orphan_list") == 10
    assert shop.repair("parent_id_ref").end == DONE
    assert shop.one("select orphans from pydb.orphan_list") == 0


def test_kill_switch_while_a_repair_rests(shop: Lab) -> None:
    """Between two tries for a lock it looks at the switch, however long it means to rest."""
    shop.do("select pydb.setting_set('lock_timeout', '10 ms'), pydb.setting_set('retry_limit', '100')")
    other = shop.session(autocommit=False)
    other.execute("lock table app.child in share mode")
    run = Background(shop.session(), "call pydb.orphan_repair('parent_id_ref')")
    shop.until("select wait_event = 'PgSleep' from pg_stat_activity where pid = %s", run.pid)
    shop.do("select pydb.setting_set('kill_switch', 'on')")
    assert run.ended() is None
    row = shop.last_run()
    assert (row["state"], row["stop_reason"], row["rows_done"]) == ("partial", "kill_switch", 0)
    other.rollback()


@pytest.mark.parametrize(
    ("mode", "fires", "code"),
    [
        *itertools.product(["delete", "nullify", "quarantine"], ["before", "deferred"], ["P0001"]),
        ("delete", "before", "23514"),
        ("quarantine", "deferred", "53100"),
        ("nullify", "before", "42P01"),
    ],
)
def test_one_row_that_a_trigger_keeps_stops_no_repair(shop: Lab, mode: str, fires: str, code: str) -> None:
    shop.do(
        f"""create function app.hold() returns trigger language plpgsql as $$ begin
            if old.id = 31 then raise exception using errcode = '{code}', message = 'on hold'; end if;
            return case tg_op when 'DELETE' then old else new end;
        end $$;"""
    )
    if fires == "before":
        shop.do("create trigger hold before delete or update on app.child for each row"
                " execute function app.hold()")  # fmt: skip
    else:
        shop.do(
            "create constraint trigger hold after delete or update on app.child deferrable initially deferred"
            " for each row execute function app.hold()"
        )
    call = shop.repair("parent_id_ref", mode=mode)
    assert (call.end, call.run["sqlstate"]) == (("partial", "error"), code)
    assert (call.run["rows_done"], call.run["rows_skipped"], call.detail["faulty"]) == (9, 1, 1)
    assert "1 row refused to be" in str(call.run["error"])
    assert "on hold" in str(call.run["error"])
    assert "app.hold()" in str(call.detail["context"])
    assert shop.rows("select orphans from pydb.orphan_list") == [(1,)]
    # nothing but such rows
    again = shop.repair("parent_id_ref", mode=mode)
    ends = (("blocked", "error"), "YD111") if code in ("P0001", "23514") else (("failed", "error"), "YD110")
    assert (again.end, again.sqlstate, again.run["rows_done"]) == (*ends, 0)


def test_what_goes_along_is_told_on_every_level(shop: Lab) -> None:
    shop.do(
        """create table app.one (id int primary key, child int references app.child on delete cascade);
        create table app.two (id int primary key, one int references app.one on delete cascade);
        create table app.three (two int references app.two on delete set null);
        insert into app.one select i, 31 from generate_series(1, 3) as i;
        insert into app.two select i, 1 + i % 3 from generate_series(1, 30) as i;
        insert into app.three select 1 + i % 30 from generate_series(1, 300) as i"""
    )
    rehearsal = shop.repair("parent_id_ref", mode="quarantine", dry_run=True)
    lost = "and not be kept in quarantine"
    for told in (
        f"3 rows of app.one would be deleted too, through app.one.one_child_fkey, {lost}",
        f"30 rows of app.two would be deleted too, through app.two.two_one_fkey, {lost}",
        "300 rows of app.three would forget their parent, through app.three.three_two_fkey",
    ):
        assert told in rehearsal.effects
