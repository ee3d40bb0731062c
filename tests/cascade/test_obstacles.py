"""What stands in the way is said up front: rights, row security, rules, publications, triggers, indexes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import pytest

from tests.cascade.site import CUSTOMER, ONE, TAKE, Site, only
from tests.cascade.test_plan import LINE, LOG, SALE
from tests.retention.lab import refused

if TYPE_CHECKING:
    from tests.conftest import Connection, RoleFactory


def user(site: Site, role: RoleFactory, grants: str = "", label: str = "user") -> Connection:
    """A session of a role that may call pydb and nothing else."""
    plain = role(label)
    name = '"' + plain.replace('"', '""') + '"'
    site.do(
        f"grant usage on schema pydb, pydb_internal to {name}; grant execute on all routines in schema"
        f" pydb, pydb_internal to {name};"
        f"grant select on all tables in schema pydb, pydb_internal to {name}; {grants.format(name)}"
    )
    return site.session(user=plain)


def test_a_role_whose_name_asks_for_quotes_runs_triggers(site: Site, role: RoleFactory) -> None:
    site.shop()
    site.do(
        """create table public.seen (id int);
        create function shop.tell() returns trigger language plpgsql as $$ begin
            insert into public.seen values (old.id); return old; end $$;
        create trigger tell before delete on shop.line for each row execute function shop.tell()"""
    )
    grants = "grant usage on schema shop to {0}; grant all on all tables in schema shop, public to {0};"
    session = user(site, role, grants, 'Öwl "of" %s')
    lines = next(s.done for s in site.delete(CUSTOMER, ONE, TAKE, session) if s.relation == "shop.line")
    assert lines
    assert site.counts_of("public.seen") == lines


def test_e12_missing_rights_are_listed_as_grants_that_can_be_typed(site: Site, role: RoleFactory) -> None:
    site.shop()
    site.do("create schema hidden; alter table shop.line set schema hidden")
    session = user(
        site, role, "grant usage on schema shop to {0}; grant select, delete on shop.customer to {0};"
    )
    line = LINE.replace("shop", "hidden")
    seen: list[str] = []
    while blocked := [s for s in site.plan(CUSTOMER, ONE, TAKE, session) if s.action == "blocked"]:
        with refused("YD302") as refusal:
            site.delete(CUSTOMER, ONE, TAKE, session)
        assert site.counts_of("shop.customer") == 3
        assert refusal.hint == blocked[0].cure
        for step in blocked:
            assert step.cure
            assert step.rows is None
            assert step.cure not in seen
            seen.append(step.cure)
            site.do(step.cure)
    assert len(seen) == 3
    assert any("usage on schema hidden" in cure for cure in seen)
    assert only(site.delete(CUSTOMER, ONE, TAKE, session), line).done == 4


def test_e12_root_and_partitions_without_rights(site: Site, role: RoleFactory) -> None:
    site.do(
        """create table public.r (id int primary key); create table public.p (id int, r int
            references public.r on delete cascade) partition by list (id);
        create table public.p1 partition of public.p for values in (1);
        create table public.p2 partition of public.p default;
        insert into public.r values (1); insert into public.p values (1, 1), (2, 1)"""
    )
    session = user(site, role)
    for call in (site.plan, site.delete):
        with refused("YD005") as refusal:
            call("public.r", ONE, session=session)
        assert refusal.hint.startswith("grant select, delete on public.r to")
    site.do(refusal.hint)
    site.do(f"grant select, delete on public.p to {session.info.user}")
    (step, _) = site.plan("public.r", ONE, session=session)
    assert step.action == "blocked"
    assert "public.p1, public.p2" in str(step.cure)
    site.do(str(step.cure))
    assert [s.done for s in site.delete("public.r", ONE, session=session)] == [2, 1]


@pytest.mark.parametrize("forced", ["enable", "force"])
def test_f9_row_security_is_an_obstacle_and_never_zero_rows(
    site: Site, role: RoleFactory, forced: str
) -> None:
    site.shop()
    session = user(
        site,
        role,
        "grant usage on schema shop to {0}; "
        "grant select, update, delete on all tables in schema shop to {0};",
    )
    if forced == "force":
        site.do(f"alter table shop.log owner to {session.info.user}")
    site.do(
        f"alter table shop.log {forced} row level security; alter table shop.log enable row level security"
    )
    blocked = only(site.plan(CUSTOMER, ONE, TAKE, session), LOG)
    assert (blocked.action, blocked.rows) == ("blocked", None)
    assert "row-level security" in str(blocked.warning)
    with refused("YD302"):
        site.delete(CUSTOMER, ONE, TAKE, session)
    site.do(
        "alter table shop.log disable row level security; alter table shop.customer enable row level security"
    )
    for call in (site.plan, site.delete, site.request):
        with refused("YD005") as refusal:
            call(CUSTOMER, ONE, TAKE, session=session)
    assert site.counts() == (3, 5, 10, 5)
    site.do(refusal.hint)
    assert [s.done for s in site.delete(CUSTOMER, ONE, TAKE, session)] == [4, 2, 2, 1]


def test_f10_without_delete_or_update_the_plan_says_so(site: Site, role: RoleFactory) -> None:
    site.shop()
    session = user(
        site, role, "grant usage on schema shop to {0}; grant select on all tables in schema shop to {0};"
    )
    steps = {s.via: s for s in site.plan(CUSTOMER, ONE, {LOG: "nullify", "*": "delete"}, session)}
    assert {s.action for s in steps.values()} == {"blocked"}
    assert "update" in str(steps[LOG].cure)
    assert "delete" in str(steps[None].cure)
    for step in steps.values():
        site.do(str(step.cure))
    assert {s.action for s in site.delete(CUSTOMER, ONE, {LOG: "nullify", "*": "delete"}, session)} == {
        *("delete", "nullify")
    }


@pytest.mark.parametrize("kind", ["delete", "update"])
def test_e13_a_rule_is_an_obstacle(site: Site, kind: str) -> None:
    site.shop()
    site.do(f"create rule keep as on {kind} to shop.log do instead nothing")
    edges = {"*": "delete", LOG: "delete" if kind == "delete" else "nullify"}
    blocked = only(site.plan(CUSTOMER, ONE, edges), LOG)
    assert blocked.action == "blocked"
    assert "rule keep" in str(blocked.warning)
    with refused("YD302") as refusal:
        site.delete(CUSTOMER, ONE, edges)
    assert refusal.hint == "alter table shop.log disable rule keep;"
    site.do(refusal.hint)
    assert only(site.delete(CUSTOMER, ONE, edges), LOG).done == 2


@pytest.mark.parametrize("table", ["customer", "sale", "log"])
@pytest.mark.parametrize("effect", ["delete", "nullify"])
def test_e13_a_trigger_that_keeps_rows_rolls_everything_back(site: Site, table: str, effect: str) -> None:
    site.shop()
    event = "update" if effect == "nullify" else "delete"
    table = "log" if effect == "nullify" else table
    site.do(
        f"""create function shop.keep() returns trigger language plpgsql as $$ begin return null; end $$;
        create trigger keep before {event} on shop.{table} for each row execute function shop.keep()"""
    )
    edges = {"*": "delete", LOG: effect}
    assert any("trigger keep" in str(s.warning) for s in site.plan(CUSTOMER, ONE, edges))
    # a trigger that keeps a child lets its key refuse; else the counts tell
    with refused("YD304", "YD302", "23503") as refusal:
        site.delete(CUSTOMER, ONE, edges)
    assert refusal.detail
    assert site.counts() == (3, 5, 10, 5)
    assert site.value("select count(*) from shop.log where customer is null") == 0


def test_e14_a_trigger_that_deletes_elsewhere_must_be_allowed(site: Site) -> None:
    site.shop()
    site.do(
        """create table shop.note (id int); insert into shop.note select generate_series(1, 5);
        create function shop.more() returns trigger language plpgsql as
            $$ begin delete from shop.note where id <= 2; return null; end $$;
        create trigger more after delete on shop.sale for each statement execute function shop.more()"""
    )
    assert "trigger more" in str(only(site.plan(CUSTOMER, ONE, TAKE), SALE).warning)
    with refused("YD304") as refusal:
        site.delete(CUSTOMER, ONE, TAKE)
    assert "shop.note: 0 planned, 2 gone" in refusal.detail
    assert site.counts() == (3, 5, 10, 5)
    site.delete(CUSTOMER, ONE, TAKE, allow_triggers=True)
    assert site.value("select count(*) from shop.note") == 3
    assert site.value("select detail -> 'triggers' from pydb.job_run") == {"shop.note": 2}


def test_e14_a_trigger_that_deletes_siblings_or_inserts(site: Site) -> None:
    site.shop()
    site.do(
        """create function shop.more() returns trigger language plpgsql as
            $$ begin delete from shop.log where customer = 2; return null; end $$;
        create trigger more after delete on shop.sale for each statement execute function shop.more()"""
    )
    # rows of a relation of the plan that no plan names: only where triggers may
    with refused("YD304") as refusal:
        site.delete(CUSTOMER, ONE, TAKE)
    assert "shop.log: 2 planned, 5 gone" in refusal.detail
    assert "more of shop.sale" in refusal.detail
    site.do("begin")
    assert only(site.delete(CUSTOMER, ONE, TAKE, allow_triggers=True), LOG).done == 5
    assert site.counts() == (2, 3, 6, 0)
    assert site.value("select detail -> 'triggers' from pydb.job_run") == {"shop.log": 3}
    site.do("rollback")
    site.do(
        """create or replace function shop.more() returns trigger language plpgsql as
            $$ begin insert into shop.sale values (100, 1); return null; end $$"""
    )
    # a child that comes back: the parent's own key refuses or takes it; the counts differ
    with refused("YD304", "YD302", "23503"):
        site.delete(CUSTOMER, ONE, TAKE)
    assert site.counts() == (3, 5, 10, 5)


@pytest.mark.parametrize("kind", ["key", "trigger"])
def test_e15_what_is_deferred_fails_inside_of_the_call(site: Site, kind: str) -> None:
    site.shop()
    if kind == "trigger":
        site.do(
            """create function shop.refuse() returns trigger language plpgsql as
                $$ begin raise exception 'refused' using errcode = 'XX999'; end $$;
            create constraint trigger refuse after delete on shop.log deferrable initially deferred
                for each row execute function shop.refuse()"""
        )
    else:
        site.do(
            """create table shop.hard (id int primary key references shop.customer on delete cascade);
            insert into shop.hard values (1); create table shop.soft (id int
                references shop.hard deferrable initially deferred);
            create function shop.add() returns trigger language plpgsql as
                $$ begin insert into shop.soft values (1); return null; end $$;
            create trigger add after delete on shop.hard for each row execute function shop.add()"""
        )
    with site.db.transaction():
        with refused("XX999", "YD302", "23503"), site.db.transaction():
            site.delete(CUSTOMER, ONE, TAKE)
        assert site.value("select 1") == 1
    assert site.counts() == (3, 5, 10, 5)


def test_e16_a_published_table_without_replica_identity_is_an_obstacle(site: Site) -> None:
    site.shop()
    site.do(
        """alter table shop.log drop constraint log_pkey; create publication outside for table shop.customer;
        create publication inside for table shop.log"""
    )
    blocked = only(site.plan(CUSTOMER, ONE, TAKE), LOG)
    assert (blocked.action, blocked.cure) == ("blocked", "alter table shop.log replica identity full;")
    with refused("YD302"):
        site.delete(CUSTOMER, ONE, TAKE)
    assert site.counts() == (3, 5, 10, 5)
    site.do("alter publication inside set (publish = 'insert')")
    assert only(site.plan(CUSTOMER, ONE, TAKE), LOG).action == "delete"
    site.do("drop publication inside; create publication everything for all tables")
    site.do(str(only(site.plan(CUSTOMER, ONE, TAKE), LOG).cure))
    assert only(site.delete(CUSTOMER, ONE, TAKE), LOG).done == 2


def test_e19_without_an_index_on_a_large_table_a_flag_is_needed(site: Site) -> None:
    site.shop(20)
    site.do("drop index shop.line_sale_idx; drop index shop.log_customer_idx; analyze shop.line, shop.log")
    step = only(site.plan(CUSTOMER, ONE, TAKE), LINE)
    assert (step.indexed, step.cure) == (False, "create index concurrently on shop.line (sale);")
    assert "no index on (sale)" in str(step.warning)
    for name, value in (("cascade_unindexed_rows", "40"), ("cascade_unindexed_pages", "15")):
        before = site.value("select value from pydb.setting where name = %s", name)
        site.setting(name, value)
        for call in (site.delete, site.request):
            with refused("YD305") as refusal:
                call(CUSTOMER, ONE, TAKE)
            assert "line_sale_fkey" in refusal.message
            assert "create index concurrently on shop.line (sale);" in refusal.hint
        site.setting(name, str(before))
    site.setting("cascade_unindexed_rows", "40")
    assert site.counts() == (3, 23, 46, 23)
    with site.db.transaction(force_rollback=True):
        assert only(site.delete(CUSTOMER, ONE, TAKE, allow_unindexed=True), LINE).done == 40
    site.do(refusal.hint)
    assert only(site.plan(CUSTOMER, ONE, TAKE), LINE).indexed is True
    assert only(site.delete(CUSTOMER, ONE, TAKE), LINE).done == 40


def test_c15_too_many_locks_are_an_error_and_no_crash(mortal_site: Site) -> None:
    site = mortal_site
    site.do(
        """create table public.r (id int primary key);
        create table public.c (id int, r int references public.r on delete cascade) partition by list (id);
        insert into public.r values (1)"""
    )
    for number in range(600):
        site.do(f"create table public.c{number} partition of public.c for values in ({number})")
        site.do(f"insert into public.c{number} values ({number}, 1)")
    started = site.value("select pg_postmaster_start_time()")
    with contextlib.closing(Site.again(site.dsn)) as other:  # leaves room for 300 locks
        with refused("53200"):
            other.value("select count(pg_advisory_lock(n)) from generate_series(1, 100000) as n")
        other.value("select count(pg_advisory_unlock(n)) from generate_series(1, 300) as n")
        # even the plan reads more tables than the server can lock
        with refused("53200"):
            site.plan("public.r", ONE)
        with refused("53200"):
            site.delete("public.r", ONE)
        with refused("53200"):
            site.request("public.r", ONE)
    assert site.value("select pg_postmaster_start_time()") == started
    assert site.value("select count(*) from public.r") == 1
    # a table that fits is warned of before it does not fit
    for number in range(300):
        site.do(f"drop table public.c{number}")
    root = only(site.plan("public.r", ONE), None)
    assert "half of what the lock table holds" in str(root.warning)
    assert str(root.cure).startswith("alter system set max_locks_per_transaction")
    assert [s.done for s in site.delete("public.r", ONE)] == [300, 1]


KEEP: Final = """create function shop.keep() returns trigger language plpgsql as $$ begin return null; end $$;
    create trigger keep before delete on shop.{} for each row {} execute function shop.keep();"""


def test_what_triggers_keep_is_named_and_allowed_as_in_a_plain_delete(site: Site) -> None:
    site.shop()
    site.do(KEEP.format("sale", "when (old.id = 1)"))
    for edges in (TAKE, None):
        with refused("YD304", "YD302") as refusal:
            site.delete("shop.sale" if edges is None else CUSTOMER, ONE, edges)
        if refusal.sqlstate == "YD304":
            assert "keep of shop.sale" in refusal.detail
            assert "session" not in refusal.detail
    site.do("drop table shop.line")
    steps = site.delete("shop.sale", [{"id": 1}, {"id": 2}], allow_triggers=True)
    assert [(s.rows, s.done) for s in steps] == [(2, 1)]
    assert site.value("select array_agg(id order by id) from shop.sale where id < 3") == [1]
    assert site.value("select (state, stop_reason, rows_done)::text from pydb.job_run") == (
        "(partial,no_progress,1)"
    )
    # beside rows that only pydb knows of there is no plain DELETE to follow
    with refused("YD304") as refusal:
        site.delete(CUSTOMER, ONE, allow_triggers=True)
    assert "keep of shop.sale" in refusal.detail


def test_rows_that_inherit_are_still_seen_and_no_success(site: Site) -> None:
    site.do(
        """create schema if not exists shop; create table shop.customer (id int primary key);
        create table shop.guest () inherits (shop.customer);
        insert into shop.customer values (1), (2); insert into shop.guest values (1), (3)"""
    )
    assert only(site.plan(CUSTOMER, ONE), None).codes == ["inherited", "heirs"]
    assert only(site.plan(CUSTOMER, {"id": 2}), None).codes == ["inherited"]
    for key, done, state in ((1, 1, "partial"), (2, 1, "completed"), (3, 0, "partial")):
        assert only(site.delete(CUSTOMER, {"id": key}), None).done == done
        assert site.value("select state from pydb.job_run order by id desc limit 1") == state
    site.do("insert into shop.customer values (1)")
    site.do("""select pydb.cascade_request('shop.customer', '[{"id": 1}]')""")
    site.do("call pydb.cascade_run(1)")
    assert site.value("select (state, rows_done, rows_skipped)::text from pydb.job_run order by id desc") == (
        "(partial,1,1)"
    )
