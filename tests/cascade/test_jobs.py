"""Durable cascades: requested, approved, taken back, run in batches, and proven at their end."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, cast

import pytest

from tests.cascade.site import CUSTOMER, ONE
from tests.retention.lab import refused

if TYPE_CHECKING:
    from tests.cascade.site import Site
    from tests.conftest import CronServerFactory, RoleFactory

ALL_OF_ONE = {CUSTOMER: 1, "shop.sale": 2, "shop.line": 4, "shop.log": 2}


def test_a_job_holds_its_plan_and_ends_with_a_proof(site: Site) -> None:
    site.shop()
    job = site.request(reason="asked for by customer 1")
    row = site.job(job)
    assert (row["state"], row["rows_planned"], row["approval"], row["requested_by"]) == (
        *("requested", 9, False, "postgres"),
    )
    assert row["plan"] == site.value(
        "select jsonb_agg(to_jsonb(s) order by s.step) from pydb.cascade_plan('shop.customer', %s, %s) as s",
        *('{"id": 1}', '{"*": "delete"}'),
    )
    assert site.counts() == (3, 5, 10, 5)
    site.run_job(job).succeeded()
    site.settled(job, ALL_OF_ONE)
    proof = site.job(job)["proof"]
    assert proof["keys_sha256"] == hashlib.sha256(b'[{"id": 1}]').hexdigest()
    assert site.ends(job) == [("completed", "exhausted")]
    assert site.counts() == (2, 3, 6, 3)
    actions = [
        a for (a,) in site.db.execute("select action from pydb.audit_log order by id") if "cascade" in a
    ]
    assert actions == ["cascade_request", "cascade_run"]
    with refused("YD306"):
        site.do(f"call pydb.cascade_run({job})")


def test_many_batches_children_first(site: Site) -> None:
    site.shop(1500)
    job = site.request()
    site.run_job(job).succeeded()
    site.settled(job, {CUSTOMER: 1, "shop.sale": 1500, "shop.line": 3000, "shop.log": 1500})
    (run,) = site.runs(f"job {job}")
    assert run.batches >= 5
    assert run.rows_planned == run.rows_done == 6001
    assert site.counts() == (2, 3, 6, 3)


def test_a_batch_takes_rows_of_many_relations(site: Site) -> None:
    """A partition is no batch: their number has no part in how often a run commits."""
    site.shop()
    site.partitioned(300, 10)
    site.setting("batch_target", "60 s")
    job = site.request()
    site.run_job(job).succeeded()
    site.settled(job, {CUSTOMER: 1, "shop.sale": 2, "shop.line": 4, "shop.log": 2, "shop.entry": 3000})
    (run,) = site.runs(f"job {job}")
    assert run.batches == 5  # lines; 1000, 1500 and all other children; the root
    assert site.value("select count(*) from shop.entry") == 300


def test_a_relation_larger_than_a_part(site: Site) -> None:
    site.do(
        """create table public.r (id int primary key); insert into public.r values (1), (2);
        create table public.a (id int primary key, r int references public.r on delete cascade);
        create table public.b (id int primary key, r int references public.r on delete cascade);
        insert into public.a select i, 1 + (i > 45000)::int from generate_series(1, 45500) as i;
        insert into public.b select i, 1 from generate_series(1, 15000) as i;
        create index on public.a (r); create index on public.b (r); analyze public.a, public.b"""
    )
    site.setting("batch_target", "60 s")
    job = site.request("public.r", ONE, None)
    site.run_job(job).succeeded()
    site.settled(job, {"public.r": 1, "public.a": 45000, "public.b": 15000})
    assert site.counts_of("public.a", "public.b") == [500, 0]


def test_rows_that_wait_for_others_do_not_keep_their_batch(site: Site) -> None:
    """Rows of w keep those of c, and are too many for one batch; what else is in that batch goes at once."""
    site.do("create table public.r (id int primary key); insert into public.r values (1), (2)")
    site.do(
        """create table public.went (id int generated always as identity, name text);
        create function public.note() returns trigger language plpgsql as
            $$ begin insert into public.went (name) values (tg_table_name); return null; end $$"""
    )
    for name in "abcd":
        site.do(
            f"""create table public.{name} (id int primary key, r int references public.r on delete cascade);
            create index on public.{name} (r);
            insert into public.{name} values (1, 1);
            create trigger note after delete on public.{name} for each row execute function public.note()"""
        )
    site.do(
        """create table public.w (
            id int primary key, r int references public.r on delete cascade, c int references public.c);
        create index on public.w (r); create index on public.w (c);
        insert into public.w select i, 1, 1 from generate_series(1, 3000) as i; analyze public.w"""
    )
    job = site.request("public.r", ONE, None)
    site.run_job(job).succeeded()
    site.settled(job, {"public.r": 1, **{f"public.{name}": 1 for name in "abcd"}, "public.w": 3000})
    went = cast("list[str]", site.value("select array_agg(name order by id) from public.went"))
    assert (sorted(went[:3]), went[3]) == (["a", "b", "d"], "c")


def test_c_what_is_blocked_or_unknown_is_refused_at_the_request(site: Site) -> None:
    site.shop()
    with refused("YD302"):
        site.request(edges=None)
    with refused("YD301"):
        site.request(keys={"no": 1})
    with refused("YD001"):
        site.request(grace="-1 second")
    for call in ("cascade_approve(77)", "cascade_cancel(77)", "cascade_cancel(null)"):
        with refused("YD306") as refusal:
            site.do(f"select pydb.{call}")
        site.do(refusal.hint)
    with refused("YD306") as refusal:
        site.do("call pydb.cascade_run(77)")
    site.do(refusal.hint)
    assert site.value("select count(*) from pydb.cascade_job") == 0
    site.do("call pydb.cascade_run()")


def test_a_job_can_be_cancelled_until_it_starts(site: Site) -> None:
    site.shop()
    job = site.request()
    site.do(f"select pydb.cascade_cancel({job})")
    row = site.job(job)
    assert (row["state"], row["cancelled_by"]) == ("cancelled", "postgres")
    for call in (f"call pydb.cascade_run({job})", f"select pydb.cascade_cancel({job})"):
        with refused("YD306") as refusal:
            site.do(call)
        assert "cancelled" in refusal.message
    site.do("call pydb.cascade_run()")
    assert site.counts() == (3, 5, 10, 5)
    job = site.request()
    with site.gate_on("shop.log", 1) as gate:
        run = site.start_job(job)
        gate.reached_by(run)
        with refused("YD306"):
            site.do(f"set lock_timeout = '200ms'; select pydb.cascade_cancel({job})")
        gate.open()
        run.succeeded()
    site.settled(job, ALL_OF_ONE)


def test_who_requests_cannot_approve(site: Site, role: RoleFactory) -> None:
    site.shop()
    asker, second, runner = role("asker"), role("second"), role("runner")
    for name in (asker, second, runner):
        site.do(
            f"grant usage on schema pydb, pydb_internal, shop to {name}; "
            f"grant execute on all routines in schema pydb, pydb_internal to {name};"
            f"grant select on all tables in schema pydb, pydb_internal to {name};"
            f"grant insert on pydb_internal.draft to {name};"
            f"grant select, delete on all tables in schema shop to {name}"
        )
    site.do(f"grant {second} to {asker}")
    asking = site.session(user=asker)
    job = site.request(session=asking, approval=True)
    with refused("YD306") as refusal:
        site.do(f"call pydb.cascade_run({job})")
    assert "approval" in refusal.message
    site.do("call pydb.cascade_run()")
    for attempt in ("", f"set role {second};", f"set session_replication_role = origin; set role {second};"):
        with refused("YD306", "42501") as refusal:
            asking.execute(f"{attempt} select pydb.cascade_approve({job})".encode())
        asking.execute("reset role")
    for table in ("cascade_job", "job_run"):
        with refused("42501"):
            asking.execute(f"update pydb.{table} set state = 'approved'".encode())
    assert site.job(job)["state"] == "requested"
    site.session(user=second).execute(f"select pydb.cascade_approve({job})".encode())
    row = site.job(job)
    assert (row["state"], row["requested_by"], row["approved_by"]) == ("approved", asker, second)
    with refused("YD306"):
        site.do(f"select pydb.cascade_approve({job})")
    run = site.run_job(None, site.session(user=runner))
    run.succeeded()
    site.settled(job, ALL_OF_ONE)
    # an approved job can still be taken back
    job = site.request(keys={"id": 2}, session=asking, approval=True)
    site.session(user=second).execute(f"select pydb.cascade_approve({job})".encode())
    asking.execute(f"select pydb.cascade_cancel({job})".encode())
    assert site.job(job)["state"] == "cancelled"


def test_an_entitys_terms_hold_and_can_be_made_stricter_only(site: Site) -> None:
    site.shop()
    site.do(
        "select pydb.entity_set('customer', 'shop.customer', '{\"*\": \"delete\"}', "
        "p_approval => true, p_grace => '1 day')"
    )
    job = site.request(None, ONE, None, entity="customer", approval=False, grace="0")
    row = site.job(job)
    assert row["approval"] is True
    assert site.value("select not_before - requested_at > interval '23 hours' from pydb.cascade_job") is True
    stricter = site.request(None, ONE, None, entity="customer", grace="2 days")
    assert site.value(
        "select not_before - requested_at > interval '47 hours' from pydb.cascade_job where id = %s", stricter
    )
    site.do(
        f"update pydb.cascade_job set approved_by = 'x', approved_at = now(), "
        f"state = 'approved' where id = {job}"
    )
    with refused("YD306") as refusal:
        site.do(f"call pydb.cascade_run({job})")
    assert "may start at" in refusal.message
    site.do("call pydb.cascade_run()")
    assert site.counts() == (3, 5, 10, 5)
    site.do(f"update pydb.cascade_job set not_before = now() where id = {job}")
    site.do("call pydb.cascade_run()")
    site.settled(job, ALL_OF_ONE)


def test_two_runners_of_one_job(site: Site) -> None:
    site.shop()
    job = site.request()
    with site.gate_on("shop.log", 1) as gate:
        first = site.start_job(job)
        gate.reached_by(first)
        second = site.run_job(job)
        second.succeeded()
        assert "skipped (locked)" in second.warnings[0]
        gate.open()
        first.succeeded()
    assert sorted(site.ends(job)) == [("completed", "exhausted"), ("skipped", "locked")]
    site.settled(job, ALL_OF_ONE)


def test_one_failing_job_does_not_stop_the_others(site: Site) -> None:
    site.shop()
    site.do(
        """create function shop.refuse() returns trigger language plpgsql as
            $$ begin raise exception 'no' using errcode = 'XX777'; end $$;
        create trigger refuse before delete on shop.sale for each row when (old.customer = 1)
            execute function shop.refuse()"""
    )
    site.setting("cascade_trial_rows", "0")  # so that it shows only when it is there
    bad, good = site.request(), site.request(keys={"id": 2})
    run = site.run_job()
    assert run.failed() == "YD308"
    assert site.ends(bad) == [("failed", "error")]
    assert site.runs(f"job {bad}")[0].sqlstate == "XX777"
    site.settled(good, {CUSTOMER: 1, "shop.sale": 3, "shop.line": 6, "shop.log": 3})
    # what is stuck can be given up: the nightly call is not to fail for ever
    site.do(f"select pydb.cascade_cancel({bad})")
    site.do("call pydb.cascade_run()")
    assert site.job(bad)["rows_done"] == sum(site.job(bad)["relations"].values())
    assert site.counts()[:2] == (2, 2)


def test_the_kill_switch_stops_within_one_batch(site: Site) -> None:
    site.shop(1500)
    job = site.request()
    with site.gate_on("shop.line", 10) as gate:
        run = site.start_job(job)
        gate.reached_by(run)
        before = site.job(job)["rows_done"]
        site.setting("kill_switch", "on")
        gate.open()
        run.succeeded()
    assert "partial (kill_switch)" in run.warnings[-1]
    row = site.job(job)
    assert row["state"] == "started"
    assert before < row["rows_done"] < 6001
    skipped = site.run_job(job)
    skipped.succeeded()
    assert "skipped (kill_switch)" in skipped.warnings[0]
    site.do("select pydb.retention_resume()")
    site.run_job(job).succeeded()
    site.settled(job, {CUSTOMER: 1, "shop.sale": 1500, "shop.line": 3000, "shop.log": 1500})


def test_a_time_budget_ends_partial_and_the_next_run_goes_on(site: Site) -> None:
    site.shop(1500)
    job = site.request()
    run = site.run_job(job, max_runtime="0 seconds")
    run.succeeded()
    assert site.counts() == (3, 1503, 3006, 1503)
    with site.gate_on("shop.line", 2990) as gate:
        started = site.value("select clock_timestamp()")
        run = site.start_job(job, max_runtime="800 ms")
        gate.reached_by(run)
        site.until("select clock_timestamp() > %s + interval '800 ms'", started)
        gate.open()
        run.succeeded()
    site.run_job(job).succeeded()
    assert site.ends(job) == [("partial", "time_budget")] * 2 + [("completed", "exhausted")]
    site.settled(job, {CUSTOMER: 1, "shop.sale": 1500, "shop.line": 3000, "shop.log": 1500})


def test_children_that_arrive_while_it_runs_go_as_well(site: Site) -> None:
    """Of each kind: declared CASCADE, declared NO ACTION, logical; and one after its parent is gone."""
    site.shop()
    job = site.request()
    last = site.session()
    with site.gate_on("shop.line", 1) as gate:
        run = site.start_job(job)
        gate.reached_by(run)
        site.do(
            """insert into shop.sale values (91, 1); insert into shop.line values (91, 2), (92, 91);
            insert into shop.log values (91, 1)"""
        )
        last.execute("begin")
        last.execute("select 1 from shop.customer where id = 1 for key share")
        gate.open()
        site.until_blocked(run.pid, last.info.backend_pid)
    site.do("insert into shop.log values (92, 1)")
    last.execute("commit")
    run.succeeded()
    site.settled(job, {CUSTOMER: 1, "shop.sale": 3, "shop.line": 6, "shop.log": 4})
    assert site.counts() == (2, 3, 6, 3)


def test_a_new_key_between_request_and_run_blocks(site: Site) -> None:
    site.shop()
    job = site.request()
    site.do("create table shop.late (id int, sale int references shop.sale on delete cascade)")
    run = site.run_job(job)
    assert run.failed() == "YD306"
    assert site.ends(job) == [("blocked", "error")]
    assert site.counts() == (3, 5, 10, 5)
    site.do(f"select pydb.cascade_cancel({job})")
    site.do("call pydb.cascade_run()")


def test_a_root_that_was_dropped_is_named_with_the_word_that_takes_the_job_back(site: Site) -> None:
    site.do("create schema if not exists shop")
    site.do('create table shop."Größe" (k int primary key); insert into shop."Größe" values (1)')
    job = site.request('shop."Größe"', [{"k": 1}])
    site.do('drop table shop."Größe"')
    run = site.run_job(job)
    assert run.failed() == "YD302"
    assert run.error is not None
    assert f'the root of job {job} is gone: shop."Größe"' in str(run.error.diag.message_primary)
    assert site.ends(job) == [("blocked", "error")]
    site.do(str(run.error.diag.message_hint))
    site.do("call pydb.cascade_run()")
    assert len(site.ends(job)) == 1


@pytest.mark.parametrize("how", ["declared", "logical"])
def test_a_new_key_between_two_batches_blocks(site: Site, how: str) -> None:
    """The rows behind it were in no plan that anybody has seen: they stay, with what they hang on."""
    site.shop()
    site.do("create table shop.late (id int, customer int)")
    job = site.request()
    with site.gate_on("shop.line", 1) as gate:
        run = site.start_job(job)
        gate.reached_by(run)
        site.do(
            "alter table shop.late add foreign key (customer) references shop.customer on delete cascade"
            if how == "declared"
            else "select pydb.reference_set('shop.late', '{customer}', 'shop.customer', '{id}', 'cascade')"
        )
        site.do("insert into shop.late values (1, 1)")
        gate.open()
        assert run.failed() == "YD306"
    assert site.ends(job) == [("blocked", "error")]
    assert site.counts() == (3, 5, 10, 5)
    assert site.counts_of("shop.late") == 1


def test_a_table_that_is_gone_blocks(site: Site) -> None:
    for table in ("shop.log", "shop.customer"):
        site.do("drop schema if exists shop cascade; delete from pydb.reference")
        site.shop()
        job = site.request()
        site.do(f"drop table {table} cascade")
        assert site.run_job(job).failed() in ("YD306", "YD302")
        assert site.ends(job) == [("blocked", "error")]
        assert site.job(job)["rows_done"] == 0
        site.do(f"select pydb.cascade_cancel({job})")


def test_rows_in_a_ring_and_rows_that_keep_each_other(site: Site) -> None:
    """Larger than a batch: a ring goes at once; a keeps b and b keeps a, so neither batch can go alone."""
    site.do(
        """create table public.r (id int primary key); insert into public.r values (1), (2);
        create table public.ring (id int primary key, r int references public.r on delete cascade,
            next int references public.ring);
        insert into public.ring select i, 1, i % 1500 + 1 from generate_series(1, 1500) as i;
        create table public.a (id int primary key, r int references public.r on delete cascade, b int);
        create table public.b (id int primary key, r int references public.r on delete cascade,
            a int references public.a);
        insert into public.a select i, 1, i from generate_series(1, 2500) as i;
        insert into public.b select i, 1, 2501 - i from generate_series(1, 2500) as i;
        alter table public.a add foreign key (b) references public.b;
        create index on public.a (b); create index on public.b (a); create index on public.ring (next);
        create index on public.a (r); create index on public.b (r); create index on public.ring (r)"""
    )
    job = site.request("public.r", ONE, {"ring_next_fkey": "delete"})
    site.run_job(job).succeeded()
    site.settled(job, {"public.r": 1, "public.ring": 1500, "public.a": 2500, "public.b": 2500})
    assert site.content("public.r") == [(2,)]


def test_nothing_to_delete_completes_with_zero(site: Site) -> None:
    site.shop()
    job = site.request(keys={"id": 99})
    site.run_job(job).succeeded()
    site.settled(job, {})


def test_it_cannot_run_in_a_transaction(site: Site) -> None:
    site.shop()
    job = site.request()
    with refused("2D000"), site.db.transaction():
        site.do(f"call pydb.cascade_run({job})")
    assert site.job(job)["state"] == "requested"
    assert site.counts() == (3, 5, 10, 5)


def test_pg_cron_runs_what_is_due(new_cron_server: CronServerFactory) -> None:
    from tests.cascade.site import Site

    with new_cron_server() as server:
        site = Site(server.app_dsn)
        site.shop(1500)
        job = site.request()
        later = site.request(keys={"id": 2}, grace="1 day")
        site.do("select cron.schedule('cascades', '@reboot', 'call pydb.cascade_run()')")
        site.close()
        server.restart()
        site = Site.again(server.app_dsn)
        site.until("select state = 'completed' from pydb.cascade_job where id = %s", job)
        site.until("select status = 'succeeded' from cron.job_run_details order by runid desc limit 1")
        site.settled(job, {CUSTOMER: 1, "shop.sale": 1500, "shop.line": 3000, "shop.log": 1500})
        assert site.job(later)["state"] == "requested"
        site.close()
