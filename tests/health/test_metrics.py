"""pydb.metric: its names are locked, its counters never go back, and a scrape has an end."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families

from pydb import db as database_module
from pydb.health import metrics
from tests.retention.lab import refused

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection, RoleFactory

LOCK: Final = Path(__file__).with_name("metric_names.lock")
COLLECTOR: Final = Path(__file__).parents[2] / "ops/prometheus/sql_exporter/pydb.collector.yml"


def totals(db: Connection) -> dict[tuple[str, str], float]:
    rows = db.execute(
        "select m.name, m.labels::text, m.value from pydb.metric as m where m.type <> 'gauge'"
    ).fetchall()
    return {(str(name), str(labels)): float(str(value)) for name, labels, value in rows}


class Scrape:
    """All samples of one moment; to collect them takes as long as a run."""

    def __init__(self, db: Connection) -> None:
        rows = db.execute("select m.name, m.labels, m.value from pydb.metric as m").fetchall()
        self._samples = [(name, labels, float(str(value))) for name, labels, value in rows]

    def value(self, name: str, **labels: str) -> float | None:
        """Sum of the samples of that name with these labels."""
        found = [
            value for known, has, value in self._samples if known == name and labels.items() <= has.items()
        ]
        return sum(found) if found else None


def value(db: Connection, name: str, **labels: str) -> float | None:
    return Scrape(db).value(name, **labels)


@pytest.fixture
def events(db: Connection) -> Connection:
    """Two tables with old rows, and a policy each."""
    for name in ("event", "login"):
        db.execute(f"create table public.{name} (id bigint primary key, at timestamptz not null)".encode())
        db.execute(
            f"insert into public.{name} select i, now() - (i - 0.5) * interval '1 day'"
            " from generate_series(1, 100) as i".encode()
        )
        db.execute(
            "select pydb.retention_policy_set(%s, %s, 'at', '30 days', p_fuse_share => 1)",
            [name, f"public.{name}"],
        )
    return db


def test_names_types_and_labels_are_what_was_promised(db: Connection) -> None:
    known = {
        str(name): f"{name} {kind} {','.join(labels)}".rstrip()
        for name, kind, labels in db.execute(
            "select name, type, labels from pydb_internal.metric_kind"
        ).fetchall()
    }
    known |= {name: f"{name} {kind} {','.join(labels)}".rstrip() for name, kind, labels, _ in metrics.ADDED}
    locked = LOCK.read_text("utf-8").splitlines()
    assert sorted(known.values()) == locked, "a metric has dashboards and alerts: its name is never changed"


def test_every_sample_is_of_a_known_metric_with_its_labels(events: Connection) -> None:
    events.execute("call pydb.retention_run()")
    events.execute("select count(*) from pydb.orphan_scan()")
    kinds = {
        row[0]: set(row[1]) for row in events.execute("select name, labels from pydb_internal.metric_kind")
    }
    collected: set[object] = set()
    for collector in events.execute("select unnest(pydb_internal.metric_collectors())").fetchall():
        rows = events.execute("select m.name, m.labels from pydb_internal.metric_collect(%s) as m", collector)
        for name, labels in rows.fetchall():
            family = name if name in kinds else re.sub("_(bucket|sum|count)$", "", name)
            assert family in kinds, name
            assert set(labels) - {"le"} == kinds[family], (name, labels)
            collected.add(family)
    assert len(collected) > 40
    assert value(events, "lifecycle_scrape_success") == len(
        events.execute("select unnest(pydb_internal.metric_collectors())").fetchall()
    )


def test_a_run_counts_once_with_its_rows_and_its_time(events: Connection) -> None:
    assert value(events, "lifecycle_runs_total") is None
    events.execute("call pydb.retention_run('event', p_dry_run => true)")
    assert value(events, "lifecycle_runs_total") is None
    events.execute("call pydb.retention_run('event', p_max_rows => 10)")
    events.execute("call pydb.retention_run('event')")
    events.execute("call pydb.retention_run('login')")
    label = {"subsystem": "retention", "policy": "event"}
    now = Scrape(events)
    assert now.value("lifecycle_runs_total", **label, outcome="partial") == 1
    assert now.value("lifecycle_runs_total", **label, outcome="success") == 1
    assert now.value("lifecycle_rows_total", **label, action="deleted") == 70
    assert now.value("lifecycle_rows_total", subsystem="retention", action="deleted") == 140
    assert now.value("lifecycle_run_duration_seconds_count", subsystem="retention") == 3
    assert now.value("lifecycle_run_duration_seconds_bucket", subsystem="retention", le="+Inf") == 3
    batches = now.value("lifecycle_batches_total", subsystem="retention")
    assert batches == now.value("lifecycle_batch_duration_seconds_count", subsystem="retention")
    assert batches is not None
    assert batches >= 3


@pytest.mark.usefixtures("alone")
def test_statistics_that_are_lost_are_no_numbers_of_rows(events: Connection) -> None:
    events.execute("create table public.new (id bigint primary key, at timestamptz)")
    events.execute("select pydb.retention_policy_set('new', 'public.new', 'at', '30 days')")
    events.execute("vacuum (analyze) public.event")
    events.execute("select pg_stat_force_next_flush()")  # else what was written before is counted after
    events.execute("select pg_stat_reset()")  # as a server does that crashed
    now = Scrape(events)
    assert now.value("lifecycle_relation_live_rows", relation="public.event") == 100
    assert now.value("lifecycle_relation_live_rows", relation="public.new") is None
    assert now.value("lifecycle_relation_dead_ratio", relation="public.event") is None
    assert now.value("lifecycle_relation_size_bytes", relation="public.event") not in (None, 0)
    # what comes afterwards is counted from nothing on, until somebody looks
    events.execute("insert into public.event select 1000 + i, now() from generate_series(1, 5) as i")
    events.execute("select pg_stat_force_next_flush()")
    assert value(events, "lifecycle_relation_live_rows", relation="public.event") == 100
    events.execute("vacuum (analyze) public.event")
    assert value(events, "lifecycle_relation_live_rows", relation="public.event") == 105


def test_a_run_that_row_security_blocks_is_told_by_its_sqlstate(
    events: Connection, connect: Connect, role: RoleFactory
) -> None:
    runner = role("runner")
    events.execute(
        f"""grant usage on schema pydb, pydb_internal to {runner};
        grant execute on all routines in schema pydb, pydb_internal to {runner};
        grant select, delete on public.event to {runner};
        alter table public.event enable row level security;
        create policy few on public.event using (id = 1)""".encode()
    )
    theirs = connect(runner)
    for name in ("event", "login"):  # of login it has no right at all
        with refused("YD110", "YD111"):
            theirs.execute("call pydb.retention_run(%s)", [name])
    rows = events.execute("select subject, sqlstate from pydb.job_run where state = 'blocked'").fetchall()
    assert dict(rows) == {"event": "42501", "login": "YD005"}
    now = Scrape(events)
    assert now.value("lifecycle_runs_total", policy="event", outcome="blocked_rls") == 1
    assert now.value("lifecycle_runs_total", policy="login", outcome="blocked") == 1


@pytest.mark.parametrize(
    ("state", "sqlstate", "outcome"),
    [
        ("blocked", "YD404", "blocked_rls"),
        ("blocked", "42501", "blocked_rls"),
        ("blocked", "YD005", "blocked"),
        ("blocked", None, "blocked"),
        ("failed", "42501", "error"),
    ],
)
def test_an_outcome_is_told_by_codes_alone(
    db: Connection, state: str, sqlstate: str | None, outcome: str
) -> None:
    (row,) = db.execute("select pydb_internal.run_outcome(%s, 'error', %s)", [state, sqlstate]).fetchall()
    assert row[0] == outcome


def test_what_a_run_has_done_so_far_counts_while_it_is_at_work(events: Connection) -> None:
    events.execute("call pydb.retention_run('event', p_max_rows => 10)")
    events.execute(
        "insert into pydb.job_run (kind, subject, state, rows_done, batches, started_at, heartbeat_at, pid)"
        " values ('retention', 'event', 'running', 25, 2, now() - interval '1 min', now(), pg_backend_pid())"
    )
    now = Scrape(events)
    assert now.value("lifecycle_rows_total", policy="event", action="deleted") == 35
    assert now.value("lifecycle_run_in_progress", policy="event") == 1
    assert (now.value("lifecycle_run_age_seconds", policy="event") or 0) >= 60
    # and no less when it is found dead
    events.execute(
        "update pydb.job_run set state = 'interrupted', stop_reason = 'error', finished_at = now()"
        " where state = 'running'"
    )
    now = Scrape(events)
    assert now.value("lifecycle_rows_total", policy="event", action="deleted") == 35
    assert now.value("lifecycle_runs_total", policy="event", outcome="interrupted") == 1
    assert now.value("lifecycle_run_in_progress") is None


def test_counters_do_not_go_back_when_the_log_is_pruned_or_the_totals_are_folded(events: Connection) -> None:
    for _ in range(3):
        events.execute("call pydb.retention_run()")
    before = totals(events)
    events.execute("delete from pydb.job_run")
    assert totals(events) == before
    # a hundred more, so that their rows are made one
    for _ in range(40):
        events.execute("call pydb.retention_run('event')")
    folded = totals(events)
    assert all(folded[key] >= was for key, was in before.items())
    assert value(events, "lifecycle_runs_total", policy="event", outcome="success") == 43
    (rows,) = events.execute("select count(*) from pydb.metric_total").fetchall()
    assert rows[0] < 250


def test_no_counter_goes_back_whatever_is_pruned(events: Connection) -> None:
    events.execute(
        """select pydb.retention_policy_set('event', 'public.event', 'at', '30 days',
            p_fuse_share => 1, p_action => 'archive');
        create table public.a (id int primary key);
        insert into public.a select generate_series(1, 10)"""
    )
    events.execute("call pydb.retention_run()")
    events.execute("select * from pydb.cascade_delete('public.a', '[{\"id\": 1}]')")
    events.execute("select count(*) from pydb.orphan_scan()")
    events.execute("select pydb.idempotency_claim('s', 'k')")
    events.execute("select pydb.event_publish('orders', '{}')")
    events.execute("call pydb.event_run()")
    events.execute("call pydb.audit_seal_run()")
    report = 'select pydb.degraded_report(\'[{"provider": "llm", "reason_code": "timeout", "calls": 3}]\')'
    events.execute(report)
    before = totals(events)
    assert {name.removesuffix("_bucket") for name, _ in before} >= {
        "lifecycle_runs_total", "lifecycle_rows_total", "lifecycle_run_duration_seconds",
        "lifecycle_cascade_deleted_rows_total", "lifecycle_idempotency_claims_total",
        "lifecycle_events_published_total", "lifecycle_degraded_answers_total",
        "lifecycle_archive_rows_total", "lifecycle_audit_events_total",
    }  # fmt: skip
    events.execute(
        """delete from pydb.job_run;
        update pydb.idempotency_key set lease_until = null, expires_at = now() - interval '1 year';
        update pydb.event set published_at = now() - interval '1 year';
        update pydb.degraded_count set hour = now() - interval '1 year';
        update pydb.archive_run set last_at = now() - interval '2 years'"""
    )
    assert events.execute("select pydb.idempotency_prune()").fetchone() == (1,)
    assert events.execute("select pydb.event_prune() > 0").fetchone() == (True,)
    events.execute("call pydb.archive_purge()")
    events.execute("call pydb.schedule_prune('0')")
    events.execute("select pydb_internal.total_fold(t.subsystem, t.subject) from pydb.metric_total as t")
    events.execute(report)  # folds what is old
    after = totals(events)
    assert {key: (was, after.get(key)) for key, was in before.items() if after.get(key, -1) < was} == {}


def test_folding_keeps_every_sum(db: Connection) -> None:
    db.execute(
        "insert into pydb.metric_total (metric, subsystem, subject, label, value, at)"
        " select 'runs', 'retention', 'p', case when i % 3 = 0 then 'error' else 'success' end, 0.1, now()"
        " from generate_series(1, 1000) as i"
    )
    before = totals(db)
    db.execute("select pydb_internal.total_fold('retention', 'p')")
    assert totals(db) == before
    assert db.execute("select count(*) from pydb.metric_total").fetchone() == (2,)


def test_rows_of_a_dropped_archive_are_missing_until_they_are_written_off(events: Connection) -> None:
    events.execute(
        "select pydb.retention_policy_set('event', 'public.event', 'at', '30 days',"
        " p_fuse_share => 1, p_action => 'archive')"
    )
    events.execute("call pydb.retention_run('event')")
    name = "lifecycle_archive_unmatched_rows"
    assert value(events, name) == 0
    with refused("YD604"):
        events.execute("select pydb.archive_write_off('public.event', 'none is lost')")
    events.execute("drop table pydb_archive.public__event")
    assert value(events, name) == 70
    # the next run makes the archive anew, and what was in the old one is gone all the same
    events.execute(
        "insert into public.event select i, now() - interval '90 days' from generate_series(201, 205) as i"
    )
    events.execute("call pydb.retention_run('event')")
    now = Scrape(events)
    assert now.value("lifecycle_archive_rows", relation="public.event") == 5
    assert now.value(name) == 70
    told = "select status, reason_code, hint from pydb.health('{archive}')"
    (row,) = events.execute(told).fetchall()
    assert row[:2] == ("error", "archive_gone")
    assert "pydb.archive_write_off('public.event', " in str(row[2])
    with refused("YD001"):
        events.execute("select pydb.archive_write_off('public.event', ' ')")
    assert events.execute("select pydb.archive_write_off('public.event', 'ticket 12')").fetchone() == (70,)
    now = Scrape(events)
    assert now.value(name) == 0
    assert now.value("lifecycle_archive_rows", relation="public.event") == 5
    assert events.execute(told).fetchone() != row
    assert events.execute(
        "select subject, arguments - 'runs' from pydb.audit_log where action = 'archive_write_off'"
    ).fetchall() == [("public.event", {"rows": 70, "reason": "ticket 12"})]


def test_who_deletes_in_a_long_transaction_keeps_nobody_waiting(db: Connection, connect: Connect) -> None:
    db.execute("create table public.a (id int primary key)")
    db.execute("insert into public.a select generate_series(1, 10)")
    first, second = connect(autocommit=False), connect(autocommit=False)
    for session in (first, second):
        session.execute("set statement_timeout = '20s'")
    first.execute("select * from pydb.cascade_delete('public.a', '[{\"id\": 1}]')")
    second.execute("select * from pydb.cascade_delete('public.a', '[{\"id\": 2}]')")
    second.commit()
    assert value(db, "lifecycle_runs_total", subsystem="cascade", outcome="success") == 1
    first.commit()
    now = Scrape(db)
    assert now.value("lifecycle_runs_total", subsystem="cascade", outcome="success") == 2
    assert now.value("lifecycle_cascade_deleted_rows_total") == 2
    assert now.value("lifecycle_cascade_planned_rows_total") == 2
    assert now.value("lifecycle_cascade_plan_mismatch_total") == 0


def test_there_are_so_many_names_and_the_rest_is_other(events: Connection) -> None:
    events.execute("select pydb.setting_set('metric_subjects', '1')")
    events.execute("call pydb.retention_run('event')")
    events.execute("call pydb.retention_run('login')")
    now = Scrape(events)
    assert now.value("lifecycle_runs_total", policy="event") == 1
    assert now.value("lifecycle_runs_total", policy="login") is None
    assert now.value("lifecycle_runs_total", policy="other") == 1
    assert now.value("lifecycle_folded_subjects", subsystem="retention") == 2  # idempotency_key too
    # whoever has a name keeps it, and nothing goes from one to the other
    events.execute("select pydb.setting_set('metric_subjects', '200')")
    events.execute("call pydb.retention_run('login')")
    now = Scrape(events)
    assert now.value("lifecycle_runs_total", policy="other") == 1
    assert now.value("lifecycle_runs_total", policy="login") == 1
    events.execute("select pydb.retention_policy_drop('event')")
    assert value(events, "lifecycle_runs_total", policy="event") is None


def test_times_of_a_policy_without_a_success_are_those_of_its_birth(events: Connection) -> None:
    row = events.execute(
        "select extract(epoch from created_at)::float8 from pydb.retention_policy where name = 'event'"
    ).fetchone()
    assert row is not None
    now = Scrape(events)
    assert now.value("lifecycle_run_last_success_timestamp_seconds", policy="event") == pytest.approx(row[0])
    assert now.value("lifecycle_run_last_start_timestamp_seconds", policy="event") is None
    assert now.value("lifecycle_run_interval_seconds", policy="event") is None
    events.execute("call pydb.retention_run('event')")
    events.execute("delete from pydb.job_run")
    last = value(events, "lifecycle_run_last_success_timestamp_seconds", policy="event")
    assert last is not None
    assert last > row[0]


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ("*/5 * * * *", 5 / 60),
        ("0 * * * *", 1),
        ("0 3 * * *", 24),
        ("30 1,13 * * *", 12),
        ("0 3 * * 1-5", 72),
        ("0 9-17 * * *", 16),
        ("0,30 9-17 * * *", 15.5),
        ("*/5 9-17 * * 1-5", 2 * 24 + 15 + 5 / 60),
        ("15 3 1 * *", 31 * 24),
        ("0 0 * * 0", 7 * 24),
        ("0 0 * * 7", 7 * 24),
        ("not a schedule", None),
    ],
)
def test_an_interval_is_the_longest_of_its_schedule(
    db: Connection, schedule: str, hours: float | None
) -> None:
    row = db.execute("select pydb_internal.metric_interval(%s) / 3600", [schedule]).fetchone()
    assert row is not None
    assert row[0] == (None if hours is None else pytest.approx(hours))


def test_a_collector_that_raises_is_marked_and_the_others_are_there(events: Connection, dsn: str) -> None:
    events.execute("drop view pydb.orphan_list cascade")
    now = Scrape(events)
    assert now.value("lifecycle_scrape_success", collector="orphans") == 0
    assert now.value("lifecycle_scrape_success", collector="runs") == 1
    with database_module.connect(dsn) as conn:
        text, missing = metrics.scrape(conn)
    assert missing == ["orphans"]
    assert b"lifecycle_up 1.0" in text
    assert re.search(rb'lifecycle_scrape_errors_total\{collector="orphans"\} [1-9]', text)


def test_a_scrape_ends_in_time_and_says_what_is_missing(events: Connection, dsn: str) -> None:
    events.execute(
        "create or replace function pydb_internal.metric_holds() returns setof pydb_internal.metric_sample"
        " language plpgsql as $$ begin perform pg_sleep(60); end $$"
    )
    with database_module.connect(dsn) as conn:
        text, missing = metrics.scrape(conn, timeout=10)
    assert missing == ["holds", "events", "health"]
    assert b'lifecycle_scrape_success{collector="holds"} 0.0' in text
    assert b"lifecycle_policies" in text


def test_both_formats_are_what_prometheus_reads(events: Connection, dsn: str) -> None:
    odd = 'a "b" \\ c\nd <script>'
    events.execute(
        "select pydb.retention_policy_set(%s, 'public.login', 'at', '40 days',"
        " p_filter => 'id > 5', p_fuse_share => 1)",
        [odd],
    )
    events.execute("call pydb.retention_run()")
    with database_module.connect(dsn) as conn:
        plain = metrics.render(conn).decode()
        opened = metrics.render(conn, openmetrics=True).decode()
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=plain.encode(), capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
    families = {family.name: family for family in text_string_to_metric_families(plain)}
    policies = {sample.labels.get("policy") for sample in families["lifecycle_retention_seconds"].samples}
    assert odd in policies
    assert opened.endswith("# EOF\n")
    names_of_open = {family.name for family in parse_open(opened)}  # type: ignore[no-untyped-call]
    assert names_of_open >= {"lifecycle_runs", "lifecycle_up"}
    names = {line.split()[2] for line in plain.splitlines() if line.startswith("# TYPE")}
    assert names <= {line.split()[0] for line in LOCK.read_text("utf-8").splitlines()}


def test_a_database_that_is_gone_is_not_up() -> None:
    assert b"lifecycle_up 0.0" in metrics.down()


def test_the_collector_of_sql_exporter_names_every_metric_and_its_queries_run(events: Connection) -> None:
    events.execute("call pydb.retention_run()")
    told = yaml.safe_load(COLLECTOR.read_text("utf-8"))
    known = events.execute("select name, type, labels, help from pydb_internal.metric_kind").fetchall()
    listed = {metric["metric_name"]: metric for metric in told["metrics"]}
    answers = {}
    for query in told["queries"]:
        answer = events.execute(query["query"].encode())
        assert answer.description is not None
        answers[query["query_name"]] = ([column.name for column in answer.description], answer.fetchall())
    wanted = set()
    for name, kind, labels, help_text in known:
        parts = [f"{name}_{part}" for part in ("bucket", "sum", "count")] if kind == "histogram" else [name]
        for part in parts:
            wanted.add(part)
            metric = listed[part]
            assert metric["type"] == ("gauge" if kind == "gauge" else "counter")
            assert metric["help"] == help_text
            assert metric.get("key_labels", []) == [*labels, *(["le"] if part.endswith("_bucket") else [])]
            columns, rows = answers[metric["query_ref"]]
            assert set(columns) >= {*metric.get("key_labels", []), *metric["values"]}
            # each row is one sample: sql_exporter leaves a null out, and refuses two of the same labels
            keys = [[row[columns.index(label)] for label in metric.get("key_labels", [])] for row in rows]
            assert len(keys) == len({tuple(key) for key in keys})
            assert all(value is not None for key in keys for value in key)
    assert set(listed) == wanted
