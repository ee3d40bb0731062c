"""Jobs that are cut off: nothing is lost, nothing counted twice, and the next run ends what was begun."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.cascade.site import CUSTOMER, Site
from tests.faults.lab import Background

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import RoleFactory
    from tests.servers import TestServer

SALES = 1500
ALL_OF_ONE = {CUSTOMER: 1, "shop.sale": SALES, "shop.line": 2 * SALES, "shop.log": SALES}
LEFT = (2, 3, 6, 3)
# lines of customer 1 have the numbers 1 to 3000; the last thousand goes first
IN_THE_SECOND_BATCH = 1900
FIRST_BATCH = 1000


@contextlib.contextmanager
def between(site: Site, job: int, table: str = "shop.line", row: int = 2 * SALES) -> Iterator[Background]:
    """A run that has committed its first batch, which deletes that row, and waits to begin the second."""
    blocker = site.session()
    with site.gate_on(table, row) as gate:
        run = site.start_job(job)
        gate.reached_by(run)
        blocker.execute("begin")
        lock = Background(blocker, "lock table pydb.setting in access exclusive mode")
        site.until_blocked(lock.pid, run.pid)
        gate.open()
        lock.succeeded()
        site.until_blocked(run.pid, lock.pid)
        try:
            yield run
        finally:
            with contextlib.suppress(psycopg.Error):  # its server may be down by now
                blocker.execute("commit")


@contextlib.contextmanager
def inside(site: Site, job: int) -> Iterator[Background]:
    """A run that has deleted rows of its second batch and not committed it."""
    with site.gate_on("shop.line", IN_THE_SECOND_BATCH) as gate:
        run = site.start_job(job)
        gate.reached_by(run)
        yield run


@contextlib.contextmanager
def at_the_root(site: Site, job: int) -> Iterator[Background]:
    """A run that has deleted the root, with all else committed before."""
    with site.gate_on(CUSTOMER, 1) as gate:
        run = site.start_job(job)
        gate.reached_by(run)
        yield run


PLACES = {
    "between": (between, FIRST_BATCH),
    "inside": (inside, FIRST_BATCH),
    "at the root": (at_the_root, 4 * SALES),
}


def terminate(server: TestServer, site: Site, run: Background) -> None:
    site.do(f"select pg_terminate_backend({run.pid})")
    run.failed()
    site.until_gone(run.pid)


def sigkill(server: TestServer, site: Site, run: Background) -> None:
    """The postmaster sees its child die and restarts all the others."""
    os.kill(run.pid, signal.SIGKILL)
    run.failed()
    site.reconnect()


def stop_at_once(server: TestServer, site: Site, run: Background) -> None:
    server.stop("immediate")
    run.failed()
    server.start()
    site.reconnect()


@pytest.mark.parametrize("crash", [terminate, sigkill, stop_at_once], ids=lambda crash: crash.__name__)
@pytest.mark.parametrize("place", PLACES)
def test_d2_d3_a_run_that_is_cut_off_is_gone_on_with(
    mortal: TestServer, mortal_site: Site, place: str, crash: Callable[[TestServer, Site, Background], None]
) -> None:
    site = mortal_site
    site.shop(SALES)
    job = site.request()
    halt, before = PLACES[place]
    with halt(site, job) as run:
        crash(mortal, site, run)
    row = site.job(job)
    gone = sum((3, SALES + 3, 2 * SALES + 6, SALES + 3)) - sum(int(str(n)) for n in site.counts())
    assert row["rows_done"] == sum(row["relations"].values()) == gone == before
    assert [run.rows_done for run in site.runs(f"job {job}")] == [before]
    site.run_job(job).succeeded()
    site.settled(job, ALL_OF_ONE)
    assert [state for state, _ in site.ends(job)] == ["interrupted", "completed"]
    assert site.counts() == LEFT


@pytest.mark.parametrize("place", PLACES)
def test_d1_a_cancelled_run_says_so(site: Site, place: str) -> None:
    site.shop(SALES)
    job = site.request()
    halt, before = PLACES[place]
    with halt(site, job) as run:
        site.do(f"select pg_cancel_backend({run.pid})")
        if place != "between":
            assert run.failed() == "57014"
    run.ended()
    assert site.ends(job) == [("cancelled", "cancelled")]
    assert site.job(job)["rows_done"] == before
    assert site.job(job)["state"] == "started"
    site.run_job(job).succeeded()
    site.settled(job, ALL_OF_ONE)


def test_many_crashes_add_up(site: Site) -> None:
    site.shop(SALES)
    job = site.request()
    site.do(
        "create trigger gates after delete on shop.line for each row when (old.id % 1100 = 0)"
        " execute function app.gate()"
    )
    for _ in range(3):
        with site.holding() as gate:
            run = site.start_job(job)
            gate.reached_by(run)
            site.do(f"select pg_terminate_backend({run.pid})")
            run.failed()
            site.until_gone(run.pid)
    site.run_job(job).succeeded()
    site.settled(job, ALL_OF_ONE)
    assert site.counts() == LEFT


def test_a_run_that_is_cut_off_between_many_relations_is_gone_on_with(site: Site) -> None:
    """A batch takes rows of ten partitions; the next run finds those of the other ten."""
    site.shop()
    site.partitioned(20, 100)
    job = site.request()
    with between(site, job, "shop.entry", 250) as run:
        site.do(f"select pg_terminate_backend({run.pid})")
        run.failed()
        site.until_gone(run.pid)
        assert site.job(job)["rows_done"] == 4 + FIRST_BATCH  # the lines, a layer deeper, were a batch too
        assert site.value("select count(*) from shop.entry where customer = 1") == 2000 - (FIRST_BATCH - 4)
    site.run_job(job).succeeded()
    site.settled(job, {CUSTOMER: 1, "shop.sale": 2, "shop.line": 4, "shop.log": 2, "shop.entry": 2000})
    assert [state for state, _ in site.ends(job)] == ["interrupted", "completed"]
    assert site.value("select count(*) from shop.entry") == 20


@pytest.mark.parametrize("how", ["vacuum", "vacuum full", "cluster", "update", "truncate"])
def test_a_row_that_took_the_place_of_another_is_never_deleted(site: Site, how: str) -> None:
    """Between two batches places (ctid) may be given to other rows: even of the same version (xmin)."""
    site.shop(SALES)
    # rows of both customers came in one statement and lie next to each other
    site.do(
        f"""create table shop.mixed as select i as id, i % 2 + 1 as sale from generate_series(1, 6000) as i;
        truncate shop.line;
        insert into shop.line select id, case when sale = 1 then 1 else {SALES + 1} end from shop.mixed;
        insert into shop.line select i, 2 from generate_series(6001, 6600) as i; drop table shop.mixed"""
    )
    job = site.request()
    others = f"select array_agg(id order by id) from shop.line where sale > {SALES}"
    kept = site.value(others)
    blocker = site.session()
    with site.gate_on("shop.line", 6600) as gate:
        run = site.start_job(job)
        gate.reached_by(run)
        # committed before the run's next snapshot, so that nobody needs these rows any more
        site.do("delete from shop.line where sale = 1 and id < 3000")
        blocker.execute("begin")
        lock = Background(blocker, "lock table pydb.setting in access exclusive mode")
        site.until_blocked(lock.pid, run.pid)
        gate.open()
        lock.succeeded()
        site.until_blocked(run.pid, lock.pid)
        if how == "vacuum":
            site.do("vacuum shop.line")
            site.do(f"insert into shop.line select i, {SALES + 2} from generate_series(7001, 8500) as i")
        elif how == "cluster":
            site.do("cluster shop.line using line_pkey")
        elif how == "vacuum full":
            site.do("vacuum full shop.line")
        elif how == "update":
            site.do(f"update shop.line set sale = {SALES + 2} where sale = 1 and id < 4000")
        else:
            site.do("truncate shop.line")
            site.do(f"insert into shop.line select i, {SALES + 2} from generate_series(1, 3000) as i")
        kept = site.value(others)
        blocker.execute("commit")
        run.succeeded()
    assert site.value(others) == kept
    assert site.value(f"select count(*) from shop.line where sale <= {SALES}") == 0
    row = site.job(job)
    assert row["state"] == "completed"
    assert row["rows_done"] == sum(row["relations"].values()) == row["proof"]["rows"]


def test_c5_a_locked_row_is_waited_for_and_then_said(site: Site) -> None:
    site.shop()
    site.setting("lock_timeout", "20ms")
    site.setting("retry_limit", "1")
    job = site.request()
    other = site.session()
    other.execute("begin")
    other.execute("select 1 from shop.log where id = 1 for update")
    run = site.run_job(job)
    assert run.failed() == "YD302"
    assert site.ends(job) == [("blocked", "locked")]
    assert site.runs(f"job {job}")[0].sqlstate == "55P03"
    # what needed no locked row went
    assert site.counts() == (3, 3, 6, 5) or site.counts() == (3, 5, 6, 5)
    other.execute("rollback")
    site.run_job(job).succeeded()
    site.settled(job, {CUSTOMER: 1, "shop.sale": 2, "shop.line": 4, "shop.log": 2})


@pytest.mark.parametrize("level", ["serializable", "repeatable\\ read"])
def test_c11_a_run_under_another_isolation_level(site: Site, level: str) -> None:
    site.shop(SALES)
    job = site.request()
    session = site.session(f"-c default_transaction_isolation={level} -c search_path=shop -c row_security=on")
    site.run_job(job, session).succeeded()
    site.settled(job, ALL_OF_ONE)
    assert session.execute("show search_path").fetchone() == ("shop",)


def test_c10_a_statement_timeout_ends_partial(site: Site) -> None:
    site.shop(SALES)
    job = site.request()
    with site.gate_on("shop.line", IN_THE_SECOND_BATCH):
        run = site.run_job(job, site.session("-c statement_timeout=5s"))
        run.succeeded()
    assert site.ends(job) == [("partial", "time_budget")]
    assert site.job(job)["rows_done"] == FIRST_BATCH
    site.run_job(job).succeeded()
    site.settled(job, ALL_OF_ONE)


def unfit(setting: str) -> Callable[[Site, RoleFactory, int], Background]:
    def run(site: Site, role: RoleFactory, job: int) -> Background:
        return site.run_job(job, site.session(f"-c {setting}"))

    return run


def limited(site: Site, role: RoleFactory, job: int) -> Background:
    """Who may run jobs, and not read what they are about."""
    name = role("limited")
    site.do(
        f"grant usage on schema pydb, pydb_internal, shop to {name};"
        f"grant execute on all routines in schema pydb, pydb_internal to {name};"
        f"grant select on pydb.reference, pydb.cascade_job to {name}"
    )
    return site.run_job(job, site.session(user=name))


def held(site: Site, role: RoleFactory, job: int) -> Background:
    """While somebody holds the job itself."""
    site.setting("lock_timeout", "20ms")
    site.setting("retry_limit", "1")
    other = site.session()
    other.execute("begin")
    other.execute("select 1 from pydb.cascade_job for update")
    run = site.run_job(job)
    other.execute("rollback")
    return run


CANNOT_BEGIN = {
    "replica": (unfit("session_replication_role=replica"), "error", "YD001"),
    "track_counts": (unfit("track_counts=off"), "error", "YD307"),
    "privilege": (limited, "error", "YD005"),
    "held": (held, "locked", "55P03"),
}


@pytest.mark.parametrize("cause", CANNOT_BEGIN)
def test_a_run_that_cannot_begin_is_in_the_log(site: Site, role: RoleFactory, cause: str) -> None:
    site.shop()
    job = site.request()
    start, reason, code = CANNOT_BEGIN[cause]
    assert start(site, role, job).failed() == "YD302"
    (row,) = site.runs(f"job {job}")
    assert (row.state, row.stop_reason, row.sqlstate, row.rows_done) == ("blocked", reason, code, 0), row
    assert site.counts() == (3, 5, 10, 5)
    site.run_job(job).succeeded()
    site.settled(job, {CUSTOMER: 1, "shop.sale": 2, "shop.line": 4, "shop.log": 2})


def test_each_job_that_cannot_begin_is_in_the_log(site: Site) -> None:
    site.shop()
    jobs = [site.request(), site.request(keys={"id": 2})]
    assert site.run_job(None, site.session("-c session_replication_role=replica")).failed() == "YD302"
    assert [site.ends(job) for job in jobs] == [[("blocked", "error")]] * 2
    site.run_job().succeeded()
    assert site.counts() == (1, 0, 0, 0)


def test_a_job_that_is_cancelled_before_its_turn_is_in_the_log(site: Site) -> None:
    site.shop()
    first, second = site.request(), site.request(keys={"id": 2})
    with site.gate_on("shop.log", 1) as gate:
        run = site.start_job()
        gate.reached_by(run)
        site.do(f"select pydb.cascade_cancel({second})")
        gate.open()
        assert run.failed() == "YD306"
    assert (site.ends(first), site.ends(second)) == ([("completed", "exhausted")], [("blocked", "error")])
    assert site.runs(f"job {second}")[0].sqlstate == "YD306"
    assert site.counts() == (2, 3, 6, 3)
