"""What PostgreSQL refuses whole a durable job refuses whole, at the request or at its start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.cascade.site import ONE
from tests.retention.lab import refused

if TYPE_CHECKING:
    from tests.cascade.site import Site

REST: Final = 100
# root r with 100 rows of d that go along, and whatever c is
BASE: Final = f"""
create table public.r (id int primary key); insert into public.r values (1), (2), (3);
create table public.d (id int primary key, r int references public.r on delete cascade);
create index on public.d (r);
insert into public.d select i, 1 from generate_series(1, {REST}) as i;
create function public.no() returns trigger language plpgsql as
    $$ begin raise exception 'not this one' using errcode = tg_argv[0], detail = 'It is held.'; end $$;
"""


def child(columns: str, rows: str, more: str = "") -> str:
    return (
        f"create table public.c (id int primary key, {columns}); insert into public.c values {rows}; {more}"
    )


def trigger(when: str, table: str, code: str, *, kind: str = "trigger", more: str = "") -> str:
    return (
        f"create {kind} t {when} on public.{table} {more} for each row execute function public.no('{code}')"
    )


CASCADE: Final = child("r int references public.r on delete cascade", "(1, 1)")
NULLIFY: Final = child("r int references public.r on delete set null", "(1, 1)")
# what refuses it: the child before, what comes last, the SQLSTATE of the server
REFUSALS: Final = {
    "check": (
        child("r int references public.r on delete set null, q int", "(1, 1, null)"),
        *("alter table public.c add check (r is not null or q is not null)", "23514"),
    ),
    "check on a default": (
        child("r int default 2 references public.r on delete set default", "(1, 1)"),
        *("alter table public.c add check (r <> 2)", "23514"),
    ),
    "a domain that is not null": (
        "create domain public.n as int; "
        + child("r public.n references public.r on delete set null", "(1, 1)"),
        *("alter domain public.n set not null", "23502"),
    ),
    "a domain with a check": (
        "create domain public.n as int; "
        + child("r public.n references public.r on delete set null", "(1, 1)"),
        *("alter domain public.n add check (value is not null)", "23514"),
    ),
    "a default that is taken": (
        child("r int default 2 references public.r on delete set default", "(1, 1), (2, 2)"),
        *("create unique index on public.c (r)", "23505"),
    ),
    "nulls not distinct": (
        child("r int references public.r on delete set null", "(1, 1), (2, null)"),
        *("create unique index on public.c (r) nulls not distinct", "23505"),
    ),
    "exclude": (
        child("r int default 2 references public.r on delete set default", "(1, 1), (2, 2)"),
        *("alter table public.c add exclude (r with =)", "23P01"),
    ),
    "no partition for null": (
        """create table public.c (id int, r int references public.r on delete set null) partition by list (r);
        create table public.c1 partition of public.c for values in (1);
        create table public.c2 partition of public.c for values in (null);
        insert into public.c values (1, 1)""",
        *("drop table public.c2", "23514"),
    ),
    "trigger before a child goes": (CASCADE, trigger("before delete", "c", "23514"), "23514"),
    "trigger after a child went": (CASCADE, trigger("after delete", "c", "P0001"), "P0001"),
    "trigger of a child that is set": (NULLIFY, trigger("before update", "c", "P0001"), "P0001"),
    "trigger with a code of the server": (CASCADE, trigger("before delete", "c", "53100"), "53100"),
    "trigger of the root": (NULLIFY, trigger("before delete", "r", "23514"), "23514"),
    "trigger at the commit": (
        NULLIFY,
        trigger(
            "after delete", "r", "P0001", kind="constraint trigger", more="deferrable initially deferred"
        ),
        "P0001",
    ),
    "trigger of a statement": (
        CASCADE,
        "create trigger t before delete on public.c execute function public.no('P0001')",
        "P0001",
    ),
    "trigger that keeps the row": (
        CASCADE,
        """create function public.keep() returns trigger language plpgsql as $$ begin return null; end $$;
        create trigger t before delete on public.c for each row execute function public.keep()""",
        "YD304",
    ),
}


def untouched(site: Site, rows: object) -> None:
    assert site.counts_of("public.r", "public.d") == [3, REST]
    assert site.value("select jsonb_agg(to_jsonb(c) order by c.id) from public.c as c") == rows


@pytest.mark.parametrize("why", REFUSALS)
def test_what_is_refused_whole_is_refused_before_the_first_row_goes(site: Site, why: str) -> None:
    """At the start of the job where it came after the request, and at the request; by DELETE itself, too."""
    before, last, code = REFUSALS[why]
    site.do(BASE)
    site.do(before)
    job = site.request("public.r", ONE, None)
    rows = site.value("select jsonb_agg(to_jsonb(c) order by c.id) from public.c as c")
    site.do(last)
    if code == "YD304":
        assert site.run_job(job).failed() == "YD308"
        assert site.ends(job) == [("failed", "error")]
    else:
        assert site.run_job(job).failed() == "YD302"
        (run,) = site.runs(f"job {job}")
        assert (run.state, run.rows_done, run.sqlstate) == ("blocked", 0, "YD302")
        error = site.value("select error from pydb.job_run")
        with refused(code) as refusal:
            site.do("delete from public.r where id = 1")
        assert refusal.message in str(error).replace("public.", ""), error
    untouched(site, rows)
    assert site.job(job)["rows_done"] == 0
    site.do(f"select pydb.cascade_cancel({job}); call pydb.cascade_run()")
    with refused("YD304" if code == "YD304" else "YD302"):
        site.request("public.r", ONE, None)
    untouched(site, rows)
    assert site.value("select count(*) from pydb.cascade_job") == 1


@pytest.mark.parametrize("why", ["check", "a domain with a check", "trigger before a child goes"])
def test_more_than_one_transaction_may_hold_is_tried_in_part(site: Site, why: str) -> None:
    before, last, _ = REFUSALS[why]
    site.do(BASE)
    site.do(before)
    site.do(last)
    rows = site.value("select jsonb_agg(to_jsonb(c) order by c.id) from public.c as c")
    site.setting("cascade_trial_rows", "20")
    with refused("YD302"):
        site.request("public.r", ONE, None)
    untouched(site, rows)


@pytest.mark.parametrize("why", ["exclude", "trigger of the root", "trigger after a child went"])
def test_a_refusal_that_shows_late_stops_all_of_it(site: Site, why: str) -> None:
    """The batch that meets it is the last one, and what was before it is all that is gone."""
    before, last, code = REFUSALS[why]
    site.do(BASE)
    site.do(before)
    site.setting("cascade_trial_rows", "0")
    site.setting("retry_limit", "1")
    job = site.request("public.r", ONE, None)
    site.do(last)
    assert site.run_job(job).failed() == ("YD308" if code == "P0001" else "YD302")
    (run,) = site.runs(f"job {job}")
    # d and c are one batch where c goes; where c is set it waits for the root
    assert (run.state, run.sqlstate, run.rows_done) == (
        *("failed" if code == "P0001" else "blocked", code),
        0 if "child went" in why else REST,
    )
    assert site.value("select count(*) from public.r") == 3
    assert site.value("select count(*) from public.c where r = 1") == 1
    site.do(f"select pydb.cascade_cancel({job}); call pydb.cascade_run()")


def test_who_holds_a_row_does_not_keep_the_request(site: Site) -> None:
    """It cannot be tried then; the start tries it, waits as every run does, and nothing is gone."""
    site.do(BASE)
    site.do(NULLIFY)
    site.setting("lock_timeout", "20 ms")
    site.setting("retry_limit", "1")
    other = site.session()
    other.execute("begin")
    other.execute("select from public.c for update")
    job = site.request("public.r", ONE, None)
    assert site.run_job(job).failed() == "YD302"
    assert site.ends(job) == [("blocked", "locked")]
    assert site.counts_of("public.r", "public.d") == [3, REST]
    other.execute("rollback")
    site.run_job(job).succeeded()
    assert site.counts_of("public.r", "public.d") == [2, 0]


def test_a_trial_leaves_nothing_behind(site: Site) -> None:
    site.do(BASE)
    site.do(NULLIFY)
    site.do(
        """create table public.seen (n int);
        create function public.see() returns trigger language plpgsql as
            $$ begin insert into public.seen values (1); return null; end $$;
        create trigger see after delete on public.d for each row execute function public.see();
        set lock_timeout = 0"""
    )
    job = site.request("public.r", ONE, None)
    assert site.value("show lock_timeout") == "0"
    assert site.counts_of("public.r", "public.d", "public.seen") == [3, REST, 0]
    site.run_job(job).succeeded()
    site.settled(job, {"public.r": 1, "public.d": REST})
    assert site.counts_of("public.r", "public.d", "public.seen") == [2, 0, REST]


def test_a_short_target_does_not_make_batches_of_single_rows(site: Site) -> None:
    """A batch has a cost of its own; below a hundred rows there is nothing to win."""
    site.shop(1500)
    site.setting("batch_target", "10 ms")
    job = site.request()
    site.run_job(job).succeeded()
    (run,) = site.runs(f"job {job}")
    assert run.rows_done == 6001
    assert run.batches <= 70


def test_a_job_that_no_longer_fits_says_how_to_go_on(site: Site) -> None:
    """Each of several, in the warnings as well, and what they say works."""
    site.shop()
    jobs = [site.request(), site.request(keys={"id": 2})]
    site.do("create table shop.late (id int, sale int references shop.sale on delete cascade)")
    run = site.run_job()
    assert run.failed() == "YD306"
    for job in jobs:
        assert site.ends(job) == [("blocked", "error")]
        hint = f"select pydb.cascade_cancel({job});"
        assert any(hint in warning for warning in run.warnings)
        assert hint in str(site.value("select next_step from pydb.run_list where subject = %s", f"job {job}"))
        site.do(hint)
    site.do("call pydb.cascade_run()")
    site.run_job(site.request()).succeeded()
    assert site.counts()[0] == 2
