"""The example itself: it loads on every server, holds what it promises, and agrees with the dry run."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pydb import cascade, db, policyfile, retention
from pydb.demo import dataset, example
from pydb.errors import PydbError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROWS = 20_000
DATASET = 42
# each table that deleting one data set must be able to empty of it, and how it names the data set
OF_A_DATASET = {
    "telemetry.generation_runs": "id",
    "telemetry.dataset_scores": "dataset_id",
    "telemetry.dataset_score_jobs": "dataset_id",
    "telemetry.host_telemetry_archival": "dataset_id",
    "telemetry.alerts": "dataset_id",
    "trading.model_runs": "dataset_id",
}


def quiet(_title: str, _number: int, _total: int) -> None:
    """Show no progress."""


@pytest.fixture
def conn(empty_dsn: str) -> Iterator[db.Connection]:
    with db.connect(empty_dsn) as connection:
        yield connection


@pytest.fixture
def migrated(dsn: str) -> Iterator[db.Connection]:
    with db.connect(dsn) as connection:
        yield connection


def apply_policies(conn: db.Connection) -> list[policyfile.Change]:
    file = policyfile.parse(example.POLICIES.read_bytes(), "policies.toml")
    return policyfile.apply(conn, file)


def test_loads_about_the_rows_asked_for(conn: db.Connection) -> None:
    seen: list[tuple[str, int, int]] = []
    example.load(conn, ROWS, lambda *step: seen.append(step))
    counted = example.counts(conn)
    assert 0.9 * ROWS < sum(counted.values()) < 1.3 * ROWS
    empty = {name for name, rows in counted.items() if rows == 0}
    assert all(name.startswith("telemetry.raw_events_") for name in empty)
    assert [number for _, number, _ in seen] == list(range(seen[-1][2] + 1))


def test_is_the_same_every_time(conn: db.Connection) -> None:
    now = example.load(conn, ROWS, quiet)
    first: tuple[Mapping[str, object], ...] = (example.counts(conn), example.expected(conn, now))
    db.run_script(conn, "drop schema telemetry, trading cascade")
    assert (example.counts(conn) if example.present_schemas(conn) else {}) == {}
    again = example.load(conn, ROWS, quiet)
    second: tuple[Mapping[str, object], ...] = (example.counts(conn), example.expected(conn, again))
    partitioned = "telemetry.raw_events_"
    for before, after in zip(first, second, strict=True):
        assert {k: v for k, v in before.items() if not k.startswith(partitioned)} == {
            k: v for k, v in after.items() if not k.startswith(partitioned)
        }


@pytest.mark.parametrize("rows", [1, ROWS])
def test_every_policy_has_rows_that_expire_and_hard_cases_among_them(conn: db.Connection, rows: int) -> None:
    now = example.load(conn, rows, quiet)
    wanted = example.expected(conn, now)
    events = [line for name, line in wanted.items() if name.startswith("telemetry.raw_events_")]
    assert len(events) >= 4
    assert sum(line.expired for line in events) > 0
    assert all(line.expired > 0 for line in wanted.values() if line not in events)
    assert {name for name, line in wanted.items() if line.blocked} == {
        "telemetry.generation_runs",
        "trading.match_runs",
    }
    assert {name for name, line in wanted.items() if line.no_time} == {
        "telemetry.generation_runs",
        "telemetry.dataset_score_jobs",
        "trading.trade_events",
        "trading.job_runs",
    }
    assert {name for name, line in wanted.items() if line.never} == {"trading.quotes"}


def test_a_failed_load_leaves_nothing(conn: db.Connection) -> None:
    db.run_script(conn, "create schema trading")
    with pytest.raises(PydbError) as refused:
        example.load(conn, ROWS, quiet)
    assert refused.value.sqlstate == "42P06"
    assert example.present_schemas(conn) == ["trading"]


def test_one_data_set_has_rows_everywhere(conn: db.Connection) -> None:
    example.load(conn, ROWS, quiet)
    for table, column in OF_A_DATASET.items():
        found = db.run_query(conn, f"select count(*) as n from {table} where {column} = %(id)s", id=DATASET)
        assert int(str(found[0]["n"])) > 0, table


def test_logical_references_have_a_few_orphans_and_foreign_keys_none(conn: db.Connection) -> None:
    example.load(conn, ROWS, quiet)
    for table in ("telemetry.host_telemetry_archival", "telemetry.alerts"):
        found = db.run_query(
            conn,
            f"""
            select count(*) filter (where g.id is null) as orphans, count(*) as rows
            from {table} as t left join telemetry.generation_runs as g on g.id = t.dataset_id
            where t.dataset_id is not null
            """,
        )
        orphans, rows = int(str(found[0]["orphans"])), int(str(found[0]["rows"]))
        assert (orphans > 0) == (table == "telemetry.host_telemetry_archival")
        assert orphans < rows / 100
    unvalidated = db.run_query(conn, "select conname::text from pg_constraint where not convalidated")
    assert unvalidated == []


def test_a_day_as_the_policies_see_it_has_no_side_effects_on_each_other(conn: db.Connection) -> None:
    """No rows of one policy hang on those of another, else a plan made in advance could not hold for all."""
    now = example.load(conn, ROWS, quiet)
    found = db.run_query(
        conn,
        """
        select count(*) as n
        from telemetry.dataset_score_jobs as j
        inner join telemetry.generation_runs as g on g.id = j.dataset_id
        where g.finished_at < %(now)s::timestamptz - interval '4320 hours'
            and not exists (select 1 from telemetry.dataset_scores as s where s.dataset_id = g.id)
            and not exists (select 1 from trading.model_runs as r where r.dataset_id = g.id)
        """,
        now=now,
    )
    assert found == [{"n": 0}]


def test_every_policy_is_accepted_and_stays_as_it_is(migrated: db.Connection) -> None:
    example.load(migrated, ROWS, quiet)
    names = {change.name for change in apply_policies(migrated) if change.kind == "added"}
    assert len(names) == 13
    known = {policy.name: policy for policy in retention.policies(migrated)}
    schedules = {known[name].schedule for name in ("trade_events", "job_runs", "match_runs")}
    assert schedules == {"15 3 * * *", "20 3 * * *", "25 3 * * *"}
    assert {known[name].keep for name in ("raw_events", "features", "decisions")} == {
        "30 days",
        "90 days",
        "180 days",
    }
    assert {change.kind for change in apply_policies(migrated)} == {"unchanged"}


@pytest.mark.parametrize("days_ago", [0, 5])
def test_the_dry_run_counts_what_plain_sql_counts(migrated: db.Connection, days_ago: int) -> None:
    now = example.load(migrated, ROWS, quiet) - timedelta(days=days_ago)
    names = [change.name for change in apply_policies(migrated) if change.kind == "added"]
    plan = [line for name in names for line in retention.plan(migrated, name, now)]
    wanted = example.expected(migrated, now)
    assert {line.relation: (line.rows, line.blocked_rows, line.null_rows) for line in plan} == {
        name: (line.expired, line.blocked, line.no_time) for name, line in wanted.items()
    }
    along = [line.relation for line in plan if line.strategy == "cascade"]
    assert along == ["trading.match_pairs"]


def test_the_dry_run_trips_no_fuse(migrated: db.Connection) -> None:
    now = example.load(migrated, ROWS, quiet)
    for change in apply_policies(migrated):
        if change.kind == "added":
            for line in retention.plan(migrated, change.name, now):
                assert not any("fuse" in warning for warning in line.warnings or [])


def test_the_locked_row_is_expired_and_no_other_policy_needs_it(conn: db.Connection, empty_dsn: str) -> None:
    now = example.load(conn, ROWS, quiet)
    with db.connect(empty_dsn) as clerk, example.locked_row(clerk, now) as locked_id:
        found = db.run_query(
            conn,
            """
            select executed_at < %(now)s::timestamptz - interval '8760 hours' as expired, decision_id
            from trading.trade_events where id = %(id)s
            """,
            now=now,
            id=locked_id,
        )
        assert found == [{"expired": True, "decision_id": None}]
        with pytest.raises(PydbError) as refused:
            db.run_query(
                conn,
                "select 1 as one from trading.trade_events where id = %(id)s for update nowait",
                id=locked_id,
            )
        assert refused.value.sqlstate == "55P03"


def test_the_second_opinion_on_a_data_set_is_the_plan(migrated: db.Connection) -> None:
    example.load(migrated, ROWS, quiet)
    dataset.define(migrated)
    for key in (DATASET, 7, 10**9):
        steps = cascade.plan(migrated, None, [{"id": key}], entity=dataset.ENTITY)
        told = {total.relation: (total.delete, total.update) for total in cascade.totals(steps)}
        assert told == dataset.hanging(migrated, key)
        assert bool(told) == (key < 10**9)
    gone = cascade.delete(migrated, None, [{"id": DATASET}], entity=dataset.ENTITY)
    assert {step.kind for step in gone if step.done} == {"root", "declared", "logical"}
    assert dataset.hanging(migrated, DATASET) == {}
