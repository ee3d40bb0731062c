"""One transaction, all or nothing, exactly what was planned: deep, wide, in circles, to null, to defaults."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

import pytest

from tests.cascade.site import CUSTOMER, ONE, TAKE, only
from tests.retention.lab import refused

if TYPE_CHECKING:
    from tests.cascade.site import Site

DEEP = 100_000


def test_a_delete_is_logged_and_audited_with_what_went(site: Site) -> None:
    site.shop()
    request = uuid.uuid4()
    site.delete(CUSTOMER, ONE, TAKE, request=request)
    (run,) = site.runs(CUSTOMER)
    assert (run.state, run.stop_reason, run.rows_planned, run.rows_done, run.batches) == (
        *("completed", "exhausted", 9, 9, 1),
    )
    assert run.detail["relations"] == {CUSTOMER: 1, "shop.sale": 2, "shop.line": 4, "shop.log": 2}
    assert site.value("select request from pydb.job_run") == request
    (audit,) = site.db.execute(
        "select subject, arguments, run_id from pydb.audit_log where action = 'cascade_delete'"
    ).fetchall()
    assert audit[0] == CUSTOMER
    assert (audit[1]["keys"], audit[1]["edges"], audit[2]) == ({"id": 1}, TAKE, run.id)


def test_all_or_nothing_in_the_callers_transaction(site: Site) -> None:
    site.shop()
    with site.db.transaction(force_rollback=True):
        site.delete(CUSTOMER, ONE, TAKE)
        with site.db.transaction(force_rollback=True):
            site.delete(CUSTOMER, {"id": 2}, TAKE)
            assert site.counts() == (1, 0, 0, 0)
        assert site.counts() == (2, 3, 6, 3)
        # again in one transaction: counts of what was rolled back do not disturb
        assert only(site.delete(CUSTOMER, {"id": 2}, TAKE), "shop.line.line_sale_fkey").done == 6
        assert site.delete(CUSTOMER, {"id": 2}, TAKE)[-1].done == 0
    assert site.counts() == (3, 5, 10, 5)
    assert site.value("select count(*) from pydb.job_run") == 0


def test_rows_of_the_own_transaction_count(site: Site) -> None:
    site.shop()
    with site.db.transaction():
        site.do(
            """delete from shop.line where sale = 1; update shop.sale set id = 50 where id = 1;
            insert into shop.line values (90, 50); insert into shop.log values (90, 1)"""
        )
        steps = site.delete(CUSTOMER, ONE, TAKE)
    assert {s.relation: s.done for s in steps} == {"shop.line": 3, "shop.log": 3, "shop.sale": 2, CUSTOMER: 1}
    assert site.counts() == (2, 3, 6, 3)


@pytest.mark.parametrize(
    ("shape", "action"), [("deep", "cascade"), ("deep", "no action"), ("wide", "cascade")]
)
def test_e4_a_self_reference_of_100_000_rows(site: Site, shape: str, action: str) -> None:
    up = "nullif(i - 1, 0)" if shape == "deep" else "case when i > 1 then 1 end"
    site.do(
        f"""create table public.t (id int primary key, up int references public.t on delete {action});
        insert into public.t select i, {up} from generate_series(1, {DEEP}) as i;
        insert into public.t values (0, null);
        create index on public.t (up); analyze public.t"""
    )
    start = time.monotonic()
    (child, root) = site.delete("public.t", ONE, None if action == "cascade" else TAKE)
    assert (child.done, root.done) == (DEEP - 1, 1)
    assert time.monotonic() - start < 15
    assert site.content("public.t") == [(0, None)]


@pytest.mark.parametrize("tables", [2, 3])
@pytest.mark.parametrize("timing", ["not deferrable", "deferrable", "deferrable initially deferred"])
def test_e5_cycles_of_tables_all_not_null(site: Site, tables: int, timing: str) -> None:
    names = [f"public.t{number}" for number in range(tables)]
    for name in names:
        site.do(f"create table {name} (id int primary key, other int not null)")
        # a ring of rows through all tables, and a tail of rows that hangs on it
        site.do(f"insert into {name} values (1, 1), (2, 1), (3, 2), (8, 8)")
    for name, other in zip(names, names[1:] + names[:1], strict=True):
        site.do(
            f"alter table {name} add foreign key (other) references {other} {timing}; "
            f"create index on {name} (other)"
        )
    assert any(s.action == "blocked" for s in site.plan(names[0], ONE))
    with refused("YD302"):
        site.delete(names[0], ONE)
    planned = sum(s.rows or 0 for s in site.plan(names[0], ONE, TAKE))
    done = sum(s.done or 0 for s in site.delete(names[0], ONE, TAKE))
    left = [site.content(name) for name in names]
    assert planned == done == 4 * tables - sum(map(len, left)) > tables
    assert all(rows[-1] == (8, 8) for rows in left)
    # what hangs on the ring hangs on it through any table
    assert all((1, 1) not in rows for rows in left)


def test_e6_defaults_and_column_lists(site: Site) -> None:
    site.do(
        """create table public.r (a int, b int, primary key (a, b));
        insert into public.r values (1, 1), (2, 2), (0, 0);
        create table public.list (id int primary key, a int not null, b int,
        gen int generated always as (a * 2) stored,
            foreign key (a, b) references public.r on delete set null (b));
        create table public.def (id int generated always as identity, dropped int,
        a int default 0, b int default 0,
            foreign key (a, b) references public.r on delete set default);
        alter table public.def drop column dropped;
        insert into public.list values (1, 1, 1), (2, 2, 2);
        insert into public.def (a, b) values (1, 1), (2, 2)"""
    )
    steps = site.delete("public.r", {"a": 1, "b": 1})
    assert {s.relation: (s.action, s.done) for s in steps} == {
        "public.list": ("nullify", 1),
        "public.def": ("default", 1),
        "public.r": ("delete", 1),
    }
    assert site.content("public.list") == [(1, 1, None, 2), (2, 2, 2, 4)]
    assert site.content("public.def") == [(1, 0, 0), (2, 2, 2)]
    # the default's row is not there, or goes as well: refused up front, with both names
    for keys in ([{"a": 0, "b": 0}], [{"a": 2, "b": 2}, {"a": 0, "b": 0}]):
        with refused("YD302") as refusal:
            site.delete("public.r", keys)
        assert "SET DEFAULT" in refusal.detail
    assert site.value("select count(*) from public.r") == 2


def test_e7_set_null_onto_not_null_is_said_and_nothing_is_started(site: Site) -> None:
    site.do(
        """create table public.r (id int primary key); insert into public.r values (1), (2);
        create table public.c (id int, r int references public.r on delete set null);
        insert into public.c values (1, 1); alter table public.c alter r set not null"""
    )
    (blocked, _) = site.plan("public.r", ONE)
    assert (blocked.action, blocked.rows) == ("blocked", 1)
    assert "SET NULL onto NOT NULL (r)" in str(blocked.warning)
    with refused("YD302"):
        site.delete("public.r", ONE)
    assert only(site.delete("public.r", {"id": 2}), None).done == 1
    assert site.content("public.c") == [(1, 1)]
    assert only(site.delete("public.r", ONE, {"c_r_fkey": "delete"}), "public.c.c_r_fkey").done == 1


def test_e11_set_null_that_moves_a_row_to_another_partition(site: Site) -> None:
    """An update that moves a row deletes it from its old partition: that is no row lost."""
    site.do(
        """create table public.r (id int primary key); insert into public.r values (1), (2);
        create table public.p (id int, r int references public.r on delete set null) partition by list (r);
        create table public.p1 partition of public.p for values in (1);
        create table public.p0 partition of public.p default; create index on public.p (r);
        insert into public.p values (1, 1), (2, 1), (3, 2)"""
    )
    assert [s.done for s in site.delete("public.r", ONE)] == [2, 1]
    assert site.content("public.p") == [(1, None), (2, None), (3, 2)]


def test_e15_constraints_that_the_caller_deferred_are_checked_at_once(site: Site) -> None:
    site.shop()
    site.do(
        """create table shop.soft (id int primary key, sale int constraint later references shop.sale
            deferrable initially deferred)"""
    )
    with refused("23503", "YD302"), site.db.transaction():
        site.do("insert into shop.soft values (1, 77)")
        site.delete(CUSTOMER, ONE, TAKE)
    assert site.counts() == (3, 5, 10, 5)
    site.do("insert into shop.soft values (1, 1)")
    # deferred NO ACTION: its row goes with it
    assert only(site.delete(CUSTOMER, ONE, TAKE), "shop.soft.later").done == 1


def test_the_example_dataset(site: Site) -> None:
    """A dataset goes with its scores, jobs, archive, alerts and runs, by keys or only logically."""
    tables = ("dataset_scores", "dataset_score_jobs", "host_telemetry_archival", "alerts", "model_runs")
    site.do(
        "create table public.generation_runs (id bigint primary key); "
        "insert into public.generation_runs values (41), (42)"
    )
    for number, table in enumerate(tables):
        logical = table in ("host_telemetry_archival", "alerts")
        site.do(
            f"""create table public.{table} (id bigint primary key, run_id bigint not null
                {"" if logical else "references public.generation_runs"});
            insert into public.{table} select i, 41 + i % 2 from generate_series(1, {10 + number * 2}) as i"""
        )
        if logical:
            site.do(
                f"select pydb.reference_set('public.{table}', '{{run_id}}', "
                f"'public.generation_runs', '{{id}}', 'cascade')"
            )
    site.do("select pydb.entity_set('dataset', 'public.generation_runs', '{\"*\": \"delete\"}')")
    planned = {s.relation: s.rows for s in site.plan(None, {"id": 42}, entity="dataset")}
    done = {s.relation: s.done for s in site.delete(None, {"id": 42}, entity="dataset")}
    expected = {f"public.{table}": 5 + number for number, table in enumerate(tables)}
    assert planned == done == {**expected, "public.generation_runs": 1}
    for table in tables:
        assert site.value(f"select count(*) filter (where run_id = 42) from public.{table}") == 0
    assert site.value("select subject from pydb.job_run") == "dataset"
