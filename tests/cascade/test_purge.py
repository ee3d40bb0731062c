"""Erasures for good: what archives and the quarantine hold of somebody goes with him, by a job."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from pydb import db, erasure
from tests.cascade.site import ONE, TAKE, Site
from tests.cascade.test_erasure import WHY, ledger, opened, receipt, verified
from tests.cascade.test_job_faults import sigkill, terminate
from tests.retention.lab import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RoleFactory
    from tests.faults.lab import Background
    from tests.servers import TestServer

COPIES: Final = {"pydb_archive.shop__line": 2, "pydb_archive.shop__log": 1, "pydb_archive.shop__sale": 1}
GONE: Final = {**COPIES, "shop.customer": 1, "shop.sale": 1, "shop.line": 2, "shop.log": 1}


@pytest.fixture
def shop(site: Site) -> Site:
    """Half of what customer 1 has is archived, and a sale of customer 2 too."""
    return kept(opened(site))


def kept(site: Site) -> Site:
    for table, key in (("sale", 1), ("log", 1), ("sale", 4)):
        site.delete(f"shop.{table}", {"id": key}, TAKE, archive=True)
    return site


def request(site: Site, keys: Any = ONE, **more: Any) -> int:
    return site.request(None, keys, None, **{"entity": "customer", "reason": WHY, "purge": True, **more})


def balanced(site: Site) -> bool:
    """Each archive has as many rows of each run as its books say, and purged + restored + left = archived."""
    for name, run, rows in site.db.execute(
        "select archive::text, run_id, rows from pydb.archive_list"
    ).fetchall():
        if site.value(f"select count(*) from {name} where pydb_run_id = {run}") != rows:
            return False
    return True


def edges(site: Site, **more: object) -> dict[tuple[str, str | None], tuple[str, int | None]]:
    """State and rows by place and reference, of all erasures."""
    return {
        (place, via): (state, rows)
        for place, via, state, rows in site.db.execute(
            "select place, via, state, rows from pydb.erasure_verify_edges()"
        ).fetchall()
    }


def test_what_a_plan_says_is_purged_and_nothing_else(shop: Site) -> None:
    plan = shop.plan(None, ONE, entity="customer", purge=True)
    planned: dict[str, int] = {}
    for step in plan:
        if step.action in ("delete", "purge"):
            planned[step.relation] = planned.get(step.relation, 0) + (step.rows or 0)
    assert planned == GONE
    assert [step.step for step in plan] == list(range(1, len(plan) + 1))
    assert {step.kind for step in plan if step.action == "purge"} == {"archive"}
    # copies go before what they are found by
    assert [step.action for step in plan].index("delete") == 3
    job = request(shop)
    assert shop.job(job)["rows_planned"] == sum(GONE.values())
    shop.run_job(job).succeeded()
    shop.settled(job, GONE)
    assert balanced(shop)
    assert shop.counts_of("pydb_archive.shop__sale", "pydb_archive.shop__line") == [1, 2]  # of customer 2
    assert ledger(shop, "state, purge, relations, rows_done, rows_planned") == [
        ("completed", True, GONE, sum(GONE.values()), sum(GONE.values()))
    ]
    proof = receipt(shop, job=job)
    assert {one["from"]: one["rows"] for one in proof["purged"]} == COPIES
    assert (proof["purge"], proof["files"], proof["archived"]) == (True, [], [])
    assert verified(shop) == [(True, 0, 0, {})]
    assert {state for state, _ in edges(shop).values()} == {"verified"}
    again = request(shop)
    assert shop.job(again)["rows_planned"] == 0


def test_who_has_long_been_gone_is_purged_too(shop: Site) -> None:
    """Archived as a whole by one run, some of his rows by another one long before."""
    shop.delete(None, ONE, None, entity="customer", archive=True)
    assert shop.counts_of("pydb_archive.shop__customer", "pydb_archive.shop__line") == [1, 6]
    job = request(shop)
    shop.run_job(job).succeeded()
    rows = {f"pydb_archive.shop__{table}": n for table, n in
            (("customer", 1), ("sale", 2), ("line", 4), ("log", 2))}  # fmt: skip
    shop.settled(job, rows)
    assert balanced(shop)
    assert shop.counts_of("pydb_archive.shop__customer", "pydb_archive.shop__sale") == [0, 1]


@pytest.mark.parametrize("purge", [True, False])
def test_a_job_that_is_not_for_good_leaves_copies_and_says_so(shop: Site, purge: bool) -> None:
    job = request(shop, purge=purge, archive=False)
    shop.run_job(job).succeeded()
    found = edges(shop)["archive", "shop.sale.sale_customer_fkey"]
    assert found == (("verified", 0) if purge else ("kept", 1))
    assert verified(shop) == [(True, 0, 0, {})]


def test_odd_names_and_keys_of_two_columns(site: Site) -> None:
    """Quotes, non-ASCII, columns that are called as those of queries are."""
    site.do(
        """create schema "Ö s";
        create table "Ö s"."t""x" ("k" text, "rows" int, "new" text, primary key ("k", "rows"));
        create table "Ö s"."a" ("t" int primary key, "q" varchar, "tids" bigint, "p" jsonb,
            foreign key ("q", "tids") references "Ö s"."t""x" ("k", "rows") on delete cascade);
        create table "Ö s"."gone" ("a" int, "ctid2" text) partition by list ("a");
        create table "Ö s"."gone 1" partition of "Ö s"."gone" default;
        select pydb.reference_set('"Ö s"."gone"', '{a}', '"Ö s"."a"', '{t}', 'cascade');
        select pydb.entity_set('odd', '"Ö s"."t""x"')"""
    )
    who = {"k": "O'Neil \\ \"ß\" 'x'", "rows": 7}
    for key, first in ((who["k"], 1), ("another", 3)):
        site.db.execute("""insert into "Ö s"."t""x" values (%s, 7, 'n')""", (key,))
        for number in (first, first + 1):
            site.db.execute("""insert into "Ö s"."a" values (%s, %s, 7, '{"a": "\\""}')""", (number, key))
            site.db.execute("""insert into "Ö s"."gone" values (%s, 'x')""", (number,))
    for number in (1, 3):
        site.delete('"Ö s"."a"', {"t": number}, None, archive=True)
    job = site.request(None, who, None, entity="odd", reason=WHY, purge=True)
    site.run_job(job).succeeded()
    site.settled(
        job,
        {
            'pydb_archive."Ö s__a"': 1, 'pydb_archive."Ö s__gone"': 1, '"Ö s"."t""x"': 1,
            '"Ö s".a': 1, '"Ö s".gone': 1,
        },
    )  # fmt: skip
    assert balanced(site)
    assert site.counts_of('pydb_archive."Ö s__a"', 'pydb_archive."Ö s__gone"') == [1, 1]
    assert verified(site) == [(True, 0, 0, {})]


def test_quarantined_rows_are_reached(shop: Site) -> None:
    shop.do("insert into shop.log values (70, 9), (71, 9), (72, 8); select pydb.orphan_scan()")
    shop.do("call pydb.orphan_repair('shop.log.customer_ref', 'quarantine', p_min_age => '0')")
    assert shop.counts_of("pydb.orphan_quarantine") == 3
    job = request(shop, {"id": 9})
    shop.run_job(job).succeeded()
    shop.settled(job, {"pydb.orphan_quarantine": 2})
    assert shop.value("select content ->> 'customer' from pydb.orphan_quarantine") == "8"
    assert receipt(shop, job=job)["purged"] == [{"from": "pydb.orphan_quarantine", "table": None, "rows": 2}]


def test_who_may_not_is_refused(shop: Site, role: RoleFactory) -> None:
    for wrong in ({"reason": None}, {"archive": True}):
        with refused("YD001"):
            request(shop, **wrong)
    with refused("YD001"):
        shop.request("shop.customer", ONE, TAKE, reason=WHY, purge=True)
    name = role("clerk")
    shop.do(
        f"""grant usage on schema pydb, pydb_internal, pydb_archive, shop to {name};
        grant execute on all routines in schema pydb, pydb_internal to {name};
        grant select on all tables in schema pydb to {name};
        grant select (id), insert on pydb_internal.draft to {name};
        grant select, delete on all tables in schema shop to {name}"""
    )
    clerk = shop.session(user=name)
    with refused("YD005") as refusal:
        request(shop, session=clerk)
    assert refusal.hint.startswith("grant select, delete on pydb_archive.")
    for table in ("line", "log", "sale"):
        shop.do(f"grant select, delete on pydb_archive.shop__{table} to {name}")
    shop.do(
        f"revoke delete on shop.sale from {name}; grant select, delete on pydb.orphan_quarantine to {name}"
    )
    with refused("YD005", "YD302"):
        request(shop, session=clerk)
    shop.do(f"grant delete on shop.sale to {name}")
    # an archive is no table to delete from, whoever has the right
    for session in (clerk, shop.db):
        with refused("YD005"):
            session.execute("delete from pydb_archive.shop__sale")
    with refused("YD005"):
        clerk.execute(
            "select pydb_internal.archive_forget(1, 'pydb_archive.shop__sale'::regclass, '{\"1\": 1}')"
        )
    job = request(shop, session=clerk, approval=True)
    shop.run_job(job, clerk)
    assert shop.job(job)["state"] == "requested"
    with refused("YD306"):
        clerk.execute("select pydb.cascade_approve(%s)", (job,))
    assert shop.counts_of("pydb_archive.shop__sale") == 2
    shop.do(f"select pydb.cascade_approve({job})")
    shop.run_job(job, clerk).succeeded()
    shop.settled(job, GONE)
    assert receipt(shop, job=job)["approved_by"] == "postgres"


def test_what_drifted_stops_it_before_anything_goes(shop: Site) -> None:
    job = request(shop)
    shop.do("alter table shop.line alter column id type bigint")
    with refused("YD602"):
        request(shop)
    shop.run_job(job)
    assert shop.job(job)["rows_done"] == 0
    assert balanced(shop)


@pytest.mark.parametrize("crash", [terminate, sigkill], ids=lambda crash: crash.__name__)
@pytest.mark.parametrize("place", ["pydb_archive.shop__sale", "shop.sale"])
def test_one_that_is_cut_off_goes_on(
    mortal: TestServer,
    mortal_site: Site,
    place: str,
    crash: Callable[[TestServer, Site, Background], None],
) -> None:
    site = kept(opened(mortal_site))
    job = request(site)
    with site.gate_on(place, 1 if "archive" in place else 2) as gate:
        run = site.start_job(job)
        gate.reached_by(run)
        crash(mortal, site, run)
        assert balanced(site)
        # lines go before their sales, which they are found by
        assert site.counts_of("pydb_archive.shop__line") == 2
        assert site.counts_of("pydb_archive.shop__sale") == (2 if "archive" in place else 1)
    site.run_job(job).succeeded()
    site.settled(job, GONE)
    assert balanced(site)
    assert verified(site) == [(True, 0, 0, {})]


@pytest.mark.parametrize("is_first", [False, True])
def test_what_is_archived_while_it_looks_goes_too(site: Site, is_first: bool) -> None:
    """A line is archived, not yet committed; the purge that saw no copy of it must not delete its sale."""
    site = opened(site) if is_first else kept(opened(site))
    site.setting("lock_timeout", "60 s")
    job = request(site)
    other = site.session()
    other.execute("begin")
    site.delete("shop.line", {"id": 3}, TAKE, other, archive=True)
    run = site.start_job(job)
    site.until_blocked(run.pid, by=other.info.backend_pid)
    other.execute("commit")
    run.succeeded()
    assert site.job(job)["state"] == "completed"
    assert site.counts_of("pydb_archive.shop__line") == (0 if is_first else 2)  # those of customer 2
    assert balanced(site)
    assert verified(site) == [(True, 0, 0, {})]


def test_nobody_archives_beside_a_batch_of_it(site: Site) -> None:
    """While a batch is open that deletes what copies are found by, who archives waits or gives up."""
    site = kept(opened(site))
    job = request(site)
    other = site.session("-c lock_timeout=100ms")
    with site.gate_on("shop.line", 3) as gate:
        run = site.start_job(job)
        gate.reached_by(run)
        for key in (5, 6):  # of customer 2, in the same archive
            with refused("55P03"):
                site.delete("shop.line", {"id": key}, TAKE, other, archive=True)
        site.delete("shop.line", {"id": 6}, TAKE, other)  # what keeps nothing is in nobody's way
        gate.open()
        run.succeeded()
    site.delete("shop.line", {"id": 5}, TAKE, other, archive=True)
    assert balanced(site)
    assert verified(site) == [(True, 0, 0, {})]


def test_a_row_that_comes_back_while_it_looks_goes_too(site: Site) -> None:
    """A restore is under way when nothing of him is left but a copy."""
    site = opened(site)
    site.delete(None, ONE, None, entity="customer", archive=True)
    (archived,) = site.db.execute("select max(run_id) from pydb.archive_run").fetchone() or (None,)
    site.setting("lock_timeout", "60 s")
    job = request(site)
    other = site.session()
    other.execute("begin")
    other.execute("select * from pydb.archive_restore(%s)", (archived,))
    run = site.start_job(job)
    site.until_blocked(run.pid, by=other.info.backend_pid)
    other.execute("commit")
    run.succeeded()
    assert site.job(job)["state"] == "completed"
    assert site.value("select count(*) from shop.customer where id = 1") == 0
    assert balanced(site)
    assert verified(site) == [(True, 0, 0, {})]


def test_a_replay_takes_copies_again(shop: Site) -> None:
    """As after a restore of an older backup, which has the archives of that time too."""
    shop.run_job(request(shop)).succeeded()
    entry = cast("dict[str, Any]", shop.value("select pydb.erasure_export()"))
    shop.do("insert into shop.customer values (1); insert into shop.sale values (1, 1)")
    shop.delete(None, ONE, None, entity="customer", archive=True)
    shop.do("insert into shop.log values (1, 1)")
    assert verified(shop)[0][:3] == (False, 1, 2)  # he as a copy; his sale as a copy, and the log
    with contextlib.closing(db.connect(shop.dsn)) as conn:
        (done,) = erasure.replay(conn, [entry])
    assert (done.outcome, done.back) == ("requested", 1)
    shop.run_job(done.job).succeeded()
    assert balanced(shop)
    assert {ok for ok, *_ in verified(shop)} == {True}
    found = shop.db.execute("select outcome from pydb.erasure_replay(%s)", (json.dumps(entry),)).fetchone()
    assert found == ("nothing",)


def test_nothing_of_him_is_left_anywhere(site: Site, role: RoleFactory) -> None:
    """The whole database is searched for the key, and for what his rows said."""
    site.do(
        """create schema hq; create table hq.person (mail text primary key, name text);
        create table hq.visit (id int primary key, mail text references hq.person on delete cascade,
            note text);
        create table hq.hit (mail text, visit int);
        select pydb.reference_set('hq.hit', '{mail}', 'hq.person', '{mail}', 'cascade');
        insert into hq.person values ('zoe-qx4711@example.com', 'zoe qx4711'), ('b@example.com', 'b');
        insert into hq.visit select i, 'zoe-qx4711@example.com', 'saw qx4711' from generate_series(1, 9) as i;
        insert into hq.hit select 'zoe-qx4711@example.com', i from generate_series(1, 9) as i;
        insert into hq.hit values ('gone-qx4711@example.com', 1);
        select pydb.entity_set('person', 'hq.person', p_archive => true, p_approval => true)"""
    )
    for key in (1, 2):
        site.delete("hq.visit", {"id": key}, None, archive=True)
    who = {"mail": "zoe-qx4711@example.com"}
    job = site.request(None, who, None, entity="person", reason="ticket 17", purge=True)
    assert "cascade_job" in traces(site, "qx4711")
    site.session(user=role("second", "superuser")).execute("select pydb.cascade_approve(%s)", (job,))
    site.run_job(job).succeeded()
    site.do("delete from hq.hit where mail = 'gone-qx4711@example.com'")
    assert traces(site, "qx4711") == []
    assert site.job(job)["keys"] == [{}]
    assert "qx4711" not in json.dumps(receipt(site, job=job), default=str)


def traces(site: Site, value: str) -> list[str]:
    """Tables, of whatever schema, with a row that has the value in its text."""
    found = site.db.execute(
        """select c.oid::regclass::text, c.relname from pg_class as c
        where c.relkind in ('r', 'm') and c.relpersistence = 'p' and not c.relisshared
            and has_table_privilege(c.oid, 'SELECT')"""
    ).fetchall()
    return [
        name
        for table, name in found
        if site.value(f"select exists (select from {table} as t where t::text like '%{value}%')") is True
    ]


def test_an_honest_table_of_edges(shop: Site) -> None:
    """Deeper levels by the hashes of their keys; what cannot be known is said to be so."""
    shop.do(
        """create table shop.tag (line int, n int); insert into shop.tag values (3, 1), (99, 1);
        select pydb.reference_set('shop.tag', '{line}', 'shop.line', '{id}', 'cascade')"""
    )
    shop.run_job(request(shop)).succeeded()
    assert set(edges(shop).values()) == {("verified", 0)}
    shop.do("insert into shop.tag values (4, 7)")
    assert edges(shop)["live", "shop.tag.line_ref"] == ("found", 1)
    assert verified(shop) == [(False, 0, 1, {"shop.tag": 1})]
    shop.do("delete from shop.tag where line = 4; select pydb.reference_drop('shop.tag.line_ref')")
    assert edges(shop)["live", "shop.tag.line_ref"] == ("unverifiable", None)
    assert shop.value("select unchecked from pydb.erasure_verify()") == ["shop.tag.line_ref"]
    shop.setting("erasure_edge_keys", "1")
    shop.run_job(request(shop, {"id": 2})).succeeded()
    states = shop.db.execute(
        "select via, state, keys from pydb.erasure_verify_edges(p_job => 2) where state = 'unverifiable'"
    ).fetchall()
    assert states == [("shop.line.line_sale_fkey", "unverifiable", 2)]


def test_days_to_a_deadline_are_told(shop: Site) -> None:
    def doctor() -> list[tuple[Any, ...]]:
        return shop.db.execute(
            "select status, reason_code, summary from pydb.doctor() where component = 'erasure'"
        ).fetchall()

    job = request(shop, deadline="8 days")
    assert doctor() == []
    shop.setting("erasure_warning", "9 days")
    assert doctor() == [("degraded", "due_soon", "erasures due soon: 1, the next in 8.0 days")]
    shop.do(f"select pydb.cascade_cancel({job})")
    assert doctor() == []
    request(shop, deadline="1 microsecond")
    ((status, code, said),) = doctor()
    assert (status, code) == ("error", "overdue")
    assert said.startswith("erasures beyond their deadline: 1")
    assert shop.value("select overdue and days_left <= 0 from pydb.erasure_status where state = 'requested'")
    shop.run_job().succeeded()
    assert doctor() == []
