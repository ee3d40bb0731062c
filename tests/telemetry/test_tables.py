"""Tables, views, partitions, retention and baselines of pydb.telemetry_create."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import refused

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection, RoleFactory
    from tests.telemetry.conftest import Read

INSERT = (
    "insert into app.request_telemetry"
    ' (recorded_at, "http.request.method", "http.route", "url.path",'
    ' "http.response.status_code", "error.type", "http.server.request.duration", sample_rate)'
    " select now() - i * interval '1 s', 'GET', '/o/{{id}}', '/o/' || i, {status}, {error}, {duration},"
    " {rate}"
    " from generate_series(1, {rows}) as i"
)
STATUS = "select baseline, round(measured, 4)::float8, weighed::int, state from pydb.telemetry_status({now})"


def requests(db: Connection, rows: int, *, status: int = 200, duration: str = "0.1", rate: str = "1") -> None:
    error = "null" if status < 500 else f"'{status}'"
    db.execute(INSERT.format(rows=rows, status=status, duration=duration, rate=rate, error=error).encode())


def test_one_call_makes_all_of_it_and_again_changes_nothing(db: Connection, read: Read) -> None:
    made = read(
        "select relname from pg_class where relnamespace = 'app'::regnamespace and relkind in ('p', 'v')"
    )
    assert {name for (name,) in made} == {
        "request_telemetry", "audit_event", "job_telemetry",
        "recent_error", "slowest_route", "failed_job", "privileged_mutation",
    }  # fmt: skip
    assert read(
        "select name, action, keep::text, schedule from pydb.retention_policy where not builtin order by 1"
    ) == [
        ("app.audit_event", "drop_partition", "1 year", "1 0 1 * *"),
        ("app.job_telemetry", "drop_partition", "90 days", "1 0 * * *"),
        ("app.request_telemetry", "drop_partition", "30 days", "1 0 * * *"),
    ]
    ((job, schedule),) = read("select job_name, schedule from pydb.schedule_status where kind = 'telemetry'")
    assert (str(job).startswith("pydb.telemetry_run"), schedule) == (True, "40 3 * * *")
    before = read("select oid from pg_class where relnamespace = 'app'::regnamespace order by 1")
    log = read("select count(*) from pydb.audit_log")
    db.execute("select pydb.telemetry_create('app')")
    assert read("select oid from pg_class where relnamespace = 'app'::regnamespace order by 1") == before
    assert read("select count(*) from pydb.audit_log") == log
    db.execute("select pydb.telemetry_create('app', p_request_keep => '14 days', p_max_p95 => '2 s')")
    assert read("select max_p95::text from pydb.telemetry") == [("00:00:02",)]
    assert read("select keep::text from pydb.retention_policy where name = 'app.request_telemetry'") == [
        ("14 days",)
    ]


def test_every_column_and_view_has_its_comment(read: Read) -> None:
    assert (
        read(
            "select c.relname, a.attname from pg_class as c"
            " inner join pg_attribute as a on a.attrelid = c.oid"
            " where c.relnamespace = 'app'::regnamespace and c.relkind = 'p' and a.attnum > 0"
            " and col_description(c.oid, a.attnum) is null"
            " union all select c.relname, '' from pg_class as c where c.relnamespace = 'app'::regnamespace"
            " and c.relkind in ('p', 'v') and obj_description(c.oid, 'pg_class') is null"
        )
        == []
    )


@pytest.mark.parametrize(
    "call",
    [
        "null", "''", "'pg_x'", "'pydb'", "'information_schema'", "repeat('x', 41)", "'other', '1 hour'",
        "'other', null", "'other', p_max_error_share => 2", "'other', p_max_p95 => '0'",
        "'other', p_min_rows => null", "'other', p_baseline_window => '0'", "'taken'",
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_refused_and_nothing_is_left(db: Connection, read: Read, call: str) -> None:
    db.execute("create schema taken; create view taken.recent_error as select 1 as one")
    with refused("YD040"):
        db.execute(f"select pydb.telemetry_create({call})".encode())
    assert read("select name from pydb.telemetry") == [("app",)]
    assert read("select to_regnamespace('other') is null") == [(True,)]


def test_a_bad_schedule_is_refused(db: Connection) -> None:
    with refused("YD501"):
        db.execute("select pydb.telemetry_create('other', p_schedule => 'daily')")


def test_a_schema_of_any_name_works(db: Connection, read: Read) -> None:
    db.execute('select pydb.telemetry_create($$It\'s "a" %s$$)')
    db.execute('call pydb.telemetry_run($$It\'s "a" %s$$)')
    states = read("select distinct state from pydb.telemetry_status() where name <> 'app'")
    assert sorted(states) == [("few",), ("normal",)]
    db.execute('select * from "It\'s ""a"" %s".slowest_route')
    db.execute('select pydb.telemetry_drop($$It\'s "a" %s$$)')


def test_rows_weigh_as_many_as_they_stand_for(db: Connection, read: Read) -> None:
    requests(db, 90, rate="0.1", duration="i / 1000.0")  # stand for 900
    requests(db, 100, duration="1 + i / 1000.0", status=503)
    ((count, average, p95, most, errors, sampled),) = read(
        "select requests, average_seconds, p95_seconds, maximum_seconds, error_share, sampled"
        " from app.slowest_route"
    )
    assert (count, sampled, most) == (1000, 190, 1.1)
    assert average == pytest.approx((900 * 0.0455 + 100 * 1.0505) / 1000)
    assert p95 == pytest.approx(1.05)  # the 950th of 1000
    assert errors == pytest.approx(0.1)
    assert read('select count(*), max("error.type") from app.recent_error') == [(100, "503")]


def test_baselines_are_read_by_health(db: Connection, read: Read) -> None:
    health = "select status, reason_code from pydb.health('{telemetry}')"
    requests(db, 19, status=500, duration="9")
    assert read(health) == [("ok", "well")]
    assert read(STATUS.format(now=""))[:2] == [("error_share", 1.0, 19, "few"), ("p95", 9.0, 19, "few")]
    requests(db, 99, rate="0.05")
    assert read(STATUS.format(now=""))[:2] == [
        ("error_share", round(19 / 1999, 4), 1999, "normal"), ("p95", 0.1, 1999, "normal"),
    ]  # fmt: skip
    assert read(health) == [("ok", "well")]
    requests(db, 2, status=500)
    assert read(health) == [("degraded", "telemetry_errors")]
    # a quarter of an hour later all of it is past
    assert {state for *_, state in read(STATUS.format(now="now() + interval '16 min'"))} == {"few", "normal"}
    requests(db, 200, duration="0.8", rate="0.5")
    found = (
        "select jsonb_path_query_array(detail, '$.findings[*].reason_code') from pydb.health('{telemetry}')"
    )
    assert read(found) == [(["telemetry_slow"],)]
    db.execute(
        "insert into app.job_telemetry (job_name, job_id, state) select 'j', i::text,"
        " case when i <= 3 then 'failed' when i <= 100 then 'completed' else 'running' end"
        " from generate_series(1, 500) as i"
    )
    assert read(found) == [(["telemetry_slow", "telemetry_jobs_failed"],)]


def test_health_says_when_partitions_end_and_when_tables_cannot_be_read(db: Connection, read: Read) -> None:
    health = (
        "select status, reason_code, hint from pydb.health('{telemetry}', p_now => now() + interval '%s')"
    )
    assert read(health % "5 days")[0][:2] == ("ok", "well")
    assert read(health % "9 days") == [
        ("degraded", "telemetry_partitions", "call pydb.telemetry_run('app');")
    ]
    db.execute("drop table app.job_telemetry cascade")
    assert read(health % "0")[0][:2] == ("unknown", "telemetry_unreadable")
    db.execute("select pydb.telemetry_create('app')")
    assert read(health % "0")[0][:2] == ("ok", "well")


def test_partitions_are_made_without_gaps_and_a_row_without_one_is_kept(db: Connection, read: Read) -> None:
    parts = (
        "select count(*)::int, count(*) filter (where lower_bound <> before)::int from (select lower_bound,"
        " lag(upper_bound) over (order by lower_bound) as before"
        " from pydb_internal.telemetry_parts('app.request_telemetry') where lower_bound is not null) as p"
    )
    assert read(parts) == [(8, 0)]
    db.execute("call pydb.telemetry_run('app')")
    assert read(parts) == [(8, 0)]
    db.execute("call pydb.telemetry_run('app', now() + interval '3 days')")
    assert read(parts) == [(11, 0)]
    # a clock that was ahead for a while leaves no hole behind
    db.execute("call pydb.telemetry_run('app', now() + interval '100 days')")
    assert read(parts) == [(19, 1)]
    db.execute("call pydb.telemetry_run('app', now() + interval '7 days')")
    assert read(
        "select state from pydb.telemetry_status(now() + interval '7 days') where baseline = 'partitions'"
    ) == [("normal",)]
    # a row from the time of no partition keeps that time in the default partition, and stops nothing
    db.execute(
        'insert into app.request_telemetry (recorded_at, "http.request.method", "url.path",'
        " \"http.server.request.duration\") values (now() + interval '20 days', 'GET', '/', 1)"
    )
    assert read("select count(*)::int from app.request_telemetry_default") == [(1,)]
    before = read(parts)[0][0]
    db.execute("call pydb.telemetry_run('app', now() + interval '14 days')")
    assert read(parts)[0][0] == int(str(before)) + 6
    with refused("YD002"):
        db.execute("call pydb.telemetry_run('nobody')")


def test_retention_drops_partitions(db: Connection, read: Read) -> None:
    db.execute("call pydb.telemetry_run('app', now() - interval '60 days')")
    db.execute(
        'insert into app.request_telemetry (recorded_at, "http.request.method", "url.path",'
        " \"http.server.request.duration\") select now() - i * interval '1 day', 'GET', '/', 1"
        " from generate_series(0, 60) as i"
    )
    db.execute("call pydb.retention_run('app.request_telemetry')")
    assert read("select state, stop_reason from pydb.job_run order by id desc limit 1") == [
        ("completed", "exhausted")
    ]
    assert read(
        "select count(*)::int from app.request_telemetry where recorded_at < now() - interval '30 days'"
    ) == [(0,)]
    assert read("select count(*)::int from app.request_telemetry") == [(30,)]
    assert read(
        "select count(*)::int from pydb_internal.telemetry_parts('app.request_telemetry')"
        " where upper_bound < now() - interval '30 days'"
    ) == [(0,)]


def test_a_schema_is_forgotten_and_its_tables_stay(db: Connection, read: Read) -> None:
    requests(db, 3)
    db.execute("select pydb.telemetry_drop('app')")
    assert read("select count(*)::int from pydb.retention_policy where not builtin") == [(0,)]
    assert read("select count(*)::int from app.request_telemetry") == [(3,)]
    assert read("select summary from pydb.health('{telemetry}')") == [
        ("no application keeps its telemetry here",)
    ]
    with refused("YD002"):
        db.execute("select pydb.telemetry_drop('app')")
    with refused("YD040"):  # whose they are now, nobody knows
        db.execute("select pydb.telemetry_create('app')")


def test_partitions_belong_to_the_owner_whoever_makes_them(
    db: Connection, read: Read, connect: Connect, role: RoleFactory
) -> None:
    owner, stranger = role("owner"), role("stranger")
    db.execute("select pydb.telemetry_create('app')")
    for table in ("request_telemetry", "audit_event", "job_telemetry"):
        db.execute(f"alter table app.{table} owner to {owner}".encode())
    db.execute("call pydb.telemetry_run('app', now() + interval '3 days')")
    newest = "select pg_get_userbyid(relowner)::text from pg_class order by oid desc limit 1"
    assert read(
        newest.replace("order", "where relkind = 'r' and relnamespace = 'app'::regnamespace order")
    ) == [(owner,)]
    db.execute(f"grant usage on schema pydb, pydb_internal to {stranger}".encode())
    for kind in ("tables", "routines"):
        right = "select" if kind == "tables" else "execute"
        db.execute(f"grant {right} on all {kind} in schema pydb, pydb_internal to {stranger}".encode())
    with refused("42501"):
        connect(user=stranger).execute("call pydb.telemetry_run('app', now() + interval '6 days')")


def test_what_one_asks_first_is_what_the_views_say(db: Connection, read: Read) -> None:
    requests(db, 60)
    requests(db, 3, status=503, duration="2")
    requests(db, 5, duration="0.3", rate="0.1")
    db.execute(
        'insert into app.job_telemetry (job_name, job_id, state, "error.type", error)'
        " values ('report', '1', 'failed', 'KeyError', 'no address'),"
        " ('report', '2', 'completed', null, null)"
    )
    db.execute(
        "insert into app.audit_event (actor, action, resource, status, privileged)"
        " values ('ann', 'PUT', '/roles', 204, true), ('bob', 'PUT', '/orders', 200, false)"
    )
    counted = read(
        "select look, count(*) from pydb.telemetry_recent() where problem is null group by 1 order by 1"
    )
    assert counted == [("change", 1), ("error", 3), ("job", 1), ("slow", 1)]
    assert read("select count(*) from pydb.telemetry_recent(2) where look = 'error'") == [(2,)]
    slow = (
        "select round((s.requests)::numeric), s.p95, s.maximum, round(s.average::numeric, 6)::float8"
        " from pydb.telemetry_recent() as r, jsonb_to_record(r.shown)"
        " as s (requests float8, p95 float8, maximum float8, average float8) where r.look = 'slow'"
    )
    views = (
        "select requests::numeric, p95_seconds::float8, maximum_seconds::float8,"
        " round(average_seconds::numeric, 6)::float8 from app.slowest_route"
    )
    assert read(slow) == read(views)
    # a day and a month later there is less to tell
    later = "select distinct look from pydb.telemetry_recent(20, now() + interval '{}') order by 1"
    assert read(later.format("2 days")) == [("change",), ("job",)]
    assert read(later.format("40 days")) == []


def test_a_look_that_cannot_be_made_hides_no_other(db: Connection, read: Read) -> None:
    requests(db, 3, status=500)
    db.execute("drop table app.job_telemetry cascade")
    found = read("select look, problem is null from pydb.telemetry_recent() group by 1, 2 order by 1, 2")
    assert found == [("error", True), ("job", False), ("slow", True)]
