"""A plan only looks: exact counts, no lock above a select's, no trace, and it is fast."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.cascade.site import CUSTOMER, ONE, TAKE, only
from tests.retention.lab import refused

if TYPE_CHECKING:
    from tests.cascade.site import Site

LINE = "shop.line.line_sale_fkey"
SALE = "shop.sale.sale_customer_fkey"
LOG = "shop.log.customer_ref"


def test_a_plan_names_each_edge_with_counts_depth_and_order(site: Site) -> None:
    site.shop()
    steps = site.plan(CUSTOMER, ONE, TAKE)
    assert [(s.step, s.depth, s.relation, s.via, s.action, s.rows, s.indexed, s.kind) for s in steps] == [
        (1, 2, "shop.line", LINE, "delete", 4, True, "declared"),
        (2, 1, "shop.log", LOG, "delete", 2, True, "logical"),
        (3, 1, "shop.sale", SALE, "delete", 2, True, "declared"),
        (4, 0, CUSTOMER, None, "delete", 1, None, "root"),
    ]
    assert {(s.warning, s.cure, s.done) for s in steps} == {(None, None, None)}
    done = site.delete(CUSTOMER, ONE, TAKE)
    assert [(s.step, s.relation, s.rows, s.done) for s in done] == [
        (s.step, s.relation, s.rows, s.rows) for s in steps
    ]
    assert site.counts() == (2, 3, 6, 3)


def test_without_a_choice_no_action_blocks_and_nothing_is_done(site: Site) -> None:
    site.shop()
    blocked = site.plan(CUSTOMER, ONE)[0]
    assert (blocked.via, blocked.action, blocked.rows, blocked.on_delete) == (LINE, "blocked", 4, "no action")
    with refused("YD302") as refusal:
        site.delete(CUSTOMER, ONE)
    assert LINE in refusal.message
    assert LINE in refusal.hint
    assert site.counts() == (3, 5, 10, 5)
    assert site.value("select count(*) from pydb.job_run") == 0
    # a choice for one edge, by its bare name; a choice not to touch the logical one
    steps = site.delete(CUSTOMER, ONE, {"line_sale_fkey": "delete", "customer_ref": "nullify"})
    assert only(steps, LOG).action == "nullify"
    assert site.counts() == (2, 3, 6, 5)
    assert site.value("select count(*) from shop.log where customer is null") == 2


def test_choices_that_cannot_be_are_refused(site: Site) -> None:
    site.shop()
    wrong = ({"nothing": "delete"}, {LINE: "drop"}, {"*": "nullify"}, {SALE: "nullify"}, {"*": ""})
    for edges in wrong:
        for call in (site.plan, site.delete):
            with refused("YD301", what=edges) as refusal:
                call(CUSTOMER, ONE, edges)
            assert refusal.hint
    with refused("YD301"):
        site.db.execute("select pydb.cascade_plan('shop.customer', '{\"id\": 1}', '[]')")
    with refused("YD002") as refusal:
        site.plan(None, ONE, entity="nobody")
    assert refusal.detail == "Known: none"
    site.do("select pydb.entity_set('customer', 'shop.customer', '{\"*\": \"delete\"}')")
    with refused("YD301"):
        site.plan("shop.sale", ONE, entity="customer")
    assert only(site.plan(None, ONE, entity="customer"), LINE).rows == 4
    assert only(site.plan(CUSTOMER, ONE, {LINE: "block"}, entity="customer"), LINE).action == "blocked"


@pytest.mark.parametrize(
    ("script", "root", "sqlstate"),
    [
        ("create view public.x as select 1 as id", "public.x", "YD003"),
        ("create materialized view public.x as select 1 as id", "public.x", "YD003"),
        ("create temporary table x (id int primary key)", "x", "YD003"),
        ("select 1", "pg_catalog.pg_class", "YD003"),
        ("select 1", "pydb.job_run", "YD003"),
        ("create index x on pydb.job_run (id)", "pydb.x", "YD003"),
    ],
)
def test_what_is_no_table_is_refused(site: Site, script: str, root: str, sqlstate: str) -> None:
    site.do(script)
    for call in (site.plan, site.delete, site.request):
        with refused(sqlstate) as refusal:
            call(root, ONE)
        assert refusal.hint
    with refused("YD004"):
        site.db.execute("select pydb.cascade_plan(4000000000::oid::regclass, '{\"id\": 1}')")


def test_a_plan_takes_no_lock_above_a_select_and_leaves_no_trace(site: Site) -> None:
    site.shop()
    looker = site.session()
    looker.execute("begin read only")
    site.plan(CUSTOMER, ONE, TAKE, looker)
    pid = looker.info.backend_pid
    locks = "select distinct mode from pg_locks where pid = %s and locktype in ('relation', 'tuple')"
    assert site.db.execute(locks.encode(), (pid,)).fetchall() == [("AccessShareLock",)]
    assert site.value("select backend_xid is null from pg_stat_activity where pid = %s", pid) is True
    assert site.value("select count(*) from pg_locks where pid = %s and locktype = 'transactionid'", pid) == 0
    # beside it everybody writes
    site.do(
        "set lock_timeout = '2s'; delete from shop.log where id = 1; "
        "update shop.sale set customer = 3 where id = 5"
    )
    looker.execute("commit")
    assert site.value("select count(*) from pydb.job_run") == 0
    assert site.value("select count(*) from pydb.audit_log where action like 'cascade%'") == 0


def test_a_plan_waits_for_nobody_who_writes(site: Site) -> None:
    site.shop()
    writer = site.session()
    writer.execute("begin")
    writer.execute("delete from shop.line where sale = 1")
    writer.execute("select * from shop.customer for update")
    site.do("set lock_timeout = '1s'")
    assert only(site.plan(CUSTOMER, ONE, TAKE), LINE).rows == 4
    writer.execute("rollback")


def test_f1_f13_hostile_settings_change_nothing(site: Site) -> None:
    """Objects that would be found first, and settings of a role, neither called nor obeyed."""
    site.shop()
    site.do(
        """create schema evil; create function evil.now() returns timestamptz language plpgsql as
            $$ begin raise exception 'called'; end $$;
        create function evil.cardinality(anyarray) returns int language plpgsql as
            $$ begin raise exception 'called'; end $$;
        create function evil.same(int, int) returns boolean language plpgsql as
            $$ begin raise exception 'called'; end $$;
        create operator evil.= (leftarg = int, rightarg = int, function = evil.same);
        create table evil.pg_class (oid oid); create table evil.reference (name text)"""
    )
    session = site.session(
        "-c search_path=evil,shop,pg_catalog -c timezone=Asia/Tokyo -c datestyle=SQL,DMY -c row_security=off"
        " -c standard_conforming_strings=off -c enable_hashjoin=off -c enable_tidscan=off -c jit=on"
        " -c default_transaction_isolation=serializable -c plan_cache_mode=force_generic_plan"
        " -c default_transaction_deferrable=on -c extra_float_digits=-15 -c xmloption=document"
    )
    plain = site.plan(CUSTOMER, ONE, TAKE)
    assert site.plan(CUSTOMER, ONE, TAKE, session) == plain
    assert [s.done for s in site.delete(CUSTOMER, ONE, TAKE, session)] == [4, 2, 2, 1]
    assert site.counts() == (2, 3, 6, 3)
    with refused("YD001"):
        site.delete(CUSTOMER, ONE, TAKE, site.session("-c session_replication_role=replica"))
    with refused("YD307"):
        site.delete(CUSTOMER, ONE, TAKE, site.session("-c track_counts=off"))
    site.setting("kill_switch", "on")
    with refused("YD307") as refusal:
        site.delete(CUSTOMER, {"id": 2}, TAKE)
    site.do(refusal.hint)
    site.delete(CUSTOMER, {"id": 2}, TAKE)
    assert site.counts() == (1, 0, 0, 0)


def test_a_plan_of_a_large_schema_is_fast_where_little_hangs_on_it(site: Site) -> None:
    """1 000 tables and 2 000 keys; the closure is three tables. Cold and warm."""
    site.do(
        """create schema big;
        do $$ begin
            for i in 1..1000 loop
                execute format('create table big.t%s (id int primary key, a int, b int)', i);
            end loop;
            for i in 2..1000 loop
                execute format('alter table big.t%s add foreign key (a) references big.t%s on delete cascade,
                    add foreign key (b) references big.t%s', i, i / 2, greatest(i / 3, 1));
            end loop;
        end $$;
        insert into big.t1 values (1); insert into big.t500 (id) values (1);
        insert into big.t1000 values (1, 1, null)"""
    )
    for session in (site.session(), site.session()):
        for _ in range(2):
            start = time.monotonic()
            steps = site.plan("big.t500", ONE, None, session)
            took = time.monotonic() - start
            assert {s.relation: s.rows for s in steps} == {"big.t500": 1, "big.t1000": 1}
            assert took < 1, f"{took:.2f} s"


def test_a_plan_says_what_is_wrong_with_a_key(site: Site) -> None:
    """E9, E10, E11, E19: not enforced, NOT VALID, one partition only, unindexed, inherited: all said."""
    site.do(
        """create schema e; create table e.root (id int primary key);
        create table e.heir () inherits (e.root);
        insert into e.root values (1), (2); insert into e.heir values (1);
        create table e.plain (id int primary key, r int references e.root on delete cascade);
        create table e.older (id int primary key, r int); insert into e.older values (1, 7), (2, 1);
        alter table e.older add constraint later foreign key (r) references e.root on delete
        cascade not valid;
        create index on e.older (r);
        create table e.off (id int primary key, r int references e.root on delete cascade);
        create index on e.off (r);
        insert into e.off values (1, 1); alter table e.off disable trigger all;
        alter table e.root disable trigger all;
        create table e.part (id int, r int) partition by list (id);
        create table e.part1 partition of e.part for values in (1);
        create table e.part2 partition of e.part default;
        alter table e.part1 add constraint one foreign key (r) references e.root on delete cascade;
        create index on e.part1 (r); insert into e.part values (1, 1), (2, 1);
        insert into e.plain values (1, 1)"""
    )
    steps = {s.via: s for s in site.plan("e.root", ONE)}
    assert "inherit" in str(steps[None].warning)
    assert "not enforced" in str(steps["e.off.off_r_fkey"].warning)
    assert steps["e.off.off_r_fkey"].rows == 1
    assert "NOT VALID" in str(steps["e.older.later"].warning)
    assert steps["e.older.later"].cure == "call pydb.orphan_close('e.older.later');"
    assert "e.part2" in str(steps["e.part1.one"].warning)
    assert (steps["e.part1.one"].relation, steps["e.part1.one"].rows) == ("e.part", 1)
    assert "no index on (r)" in str(steps["e.plain.plain_r_fkey"].warning)
    cure = steps["e.plain.plain_r_fkey"].cure
    assert cure == "create index concurrently on e.plain (r);"
    # what is printed can be typed
    site.do("alter table e.root enable trigger all")
    site.do(cure)
    assert only(site.plan("e.root", ONE), "e.plain.plain_r_fkey").warning is None
    site.delete("e.root", ONE)
    assert [site.value(f"select count(*) from e.{t}") for t in ("off", "older", "plain", "part", "heir")] == [
        *(0, 1, 0, 1, 1)
    ]
    site.do(steps["e.older.later"].cure) if site.value(
        "select count(*) from e.older where r = 7"
    ) == 0 else None


def test_pg18_a_key_that_is_not_enforced_is_followed_all_the_same(site: Site) -> None:
    site.do(
        "create table public.r (id int primary key); create table public.c (id int, r int); "
        "insert into public.r values (1)"
    )
    word = "not enforced" if site.db.info.server_version >= 180000 else "not valid"
    site.do(
        f"alter table public.c add constraint k foreign key (r) references public.r on delete cascade {word}"
    )
    site.do("insert into public.c values (1, 1)")
    (step, _) = site.plan("public.r", ONE)
    assert (step.rows, step.action) == (1, "delete")
    assert step.warning
    if word == "not enforced":
        assert "NOT ENFORCED" in step.warning
    site.delete("public.r", ONE)
    assert site.value("select count(*) from public.c") == 0


def test_on_a_standby_a_plan_works_and_a_delete_does_not(site: Site) -> None:
    """As on a hot standby every transaction is read-only."""
    site.shop()
    session = site.session("-c default_transaction_read_only=on")
    assert only(site.plan(CUSTOMER, ONE, TAKE, session), LINE).rows == 4
    with refused("YD007"):
        site.delete(CUSTOMER, ONE, TAKE, session)
    run = site.run_job(None, session)
    run.succeeded()
    assert "standby or read-only" in run.warnings[0]
