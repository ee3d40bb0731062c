"""C10, C11, F13: settings of the role, the database or the session that would change what a run does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.faults.lab import AFTER_GATE, EXPIRED, Background

if TYPE_CHECKING:
    from tests.conftest import RoleFactory
    from tests.faults.lab import Lab

HOSTILE = {
    "search_path": "evil, pg_catalog",
    "TimeZone": "Pacific/Kiritimati",
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "sql_standard",
    "row_security": "on",
    "standard_conforming_strings": "off",
    "escape_string_warning": "on",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "enable_tidscan": "off",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "plan_cache_mode": "force_generic_plan",
    "check_function_bodies": "off",
    "client_min_messages": "error",
    "lock_timeout": "1ms",
    "idle_in_transaction_session_timeout": "1ms",
}
# operators and types with the names and arguments that a run uses; whoever calls one is caught
EVIL = """
create schema evil;
create function evil.caught() returns void language plpgsql as $$
begin raise exception 'caught by search_path'; end $$;
create function evil.f(jsonb, text) returns text language plpgsql as $$
begin perform evil.caught(); return null; end $$;
create operator evil.->> (leftarg = jsonb, rightarg = text, function = evil.f);
create function evil.f(jsonb, jsonb) returns jsonb language plpgsql as $$
begin perform evil.caught(); return null; end $$;
create operator evil.|| (leftarg = jsonb, rightarg = jsonb, function = evil.f);
create function evil.f(bigint, bigint) returns bigint language plpgsql as $$
begin perform evil.caught(); return null; end $$;
create operator evil.- (leftarg = bigint, rightarg = bigint, function = evil.f);
create function evil.g(bigint, bigint) returns boolean language plpgsql as $$
begin perform evil.caught(); return null; end $$;
create operator evil.<= (leftarg = bigint, rightarg = bigint, function = evil.g);
create function evil.g(text, text) returns boolean language plpgsql as $$
begin perform evil.caught(); return null; end $$;
create operator evil.= (leftarg = text, rightarg = text, function = evil.g);
create operator evil.<> (leftarg = text, rightarg = text, function = evil.g);
create function evil.f(timestamptz, interval) returns timestamptz language plpgsql as $$
begin perform evil.caught(); return null; end $$;
create operator evil.+ (leftarg = timestamptz, rightarg = interval, function = evil.f);
create function evil.f(float8, interval) returns interval language plpgsql as $$
begin perform evil.caught(); return null; end $$;
create operator evil.* (leftarg = float8, rightarg = interval, function = evil.f);
create function evil.g(timestamptz, timestamptz) returns boolean language plpgsql as $$
begin perform evil.caught(); return null; end $$;
create operator evil.> (leftarg = timestamptz, rightarg = timestamptz, function = evil.g);
create operator evil.< (leftarg = timestamptz, rightarg = timestamptz, function = evil.g);
create function evil.clock_timestamp() returns timestamptz language plpgsql as $$
begin perform evil.caught(); return null; end $$;
create function evil.now() returns timestamptz language plpgsql as $$
begin perform evil.caught(); return null; end $$;
create function evil.count(text) returns bigint language plpgsql as $$
begin perform evil.caught(); return null; end $$;
create function evil.refuse(pg_catalog.text) returns boolean language plpgsql as $$
begin perform evil.caught(); return null; end $$;
create domain evil.text as pg_catalog.text check (evil.refuse(value));
create domain evil.jsonb as pg_catalog.jsonb check (evil.refuse(value::pg_catalog.text));
create function evil.refuse(pg_catalog.timestamptz) returns boolean language plpgsql as $$
begin perform evil.caught(); return null; end $$;
create domain evil.timestamptz as pg_catalog.timestamptz check (evil.refuse(value));
"""


@pytest.fixture
def hostile(lab: Lab, role: RoleFactory) -> str:
    """A superuser whose defaults are all wrong."""
    lab.db.execute(EVIL)
    name = role("hostile", "superuser")
    for setting, value in HOSTILE.items():
        literal = value if setting == "search_path" else f"'{value}'"
        lab.db.execute(f"alter role {name} set {setting} = {literal}".encode())
    return name


def test_f13_hostile_settings_change_nothing(lab: Lab, hostile: str) -> None:
    lab.table()
    lab.policy(rows_per_second=2000, max_runtime="1 hour", filter="filler <> 'spare' and at is not null")
    lab.db.execute("update app.events set filler = 'spare' where id in (3, 580)")
    session = lab.session(user=hostile)
    plan = session.execute("select rows from pydb.retention_plan('events')").fetchone()
    session.execute(
        "call pydb.retention_run(p_policy => 'events', p_max_rows => 100000, p_max_runtime => '1 hour')"
    )
    lab.balanced()
    assert plan == (EXPIRED - 2,)
    assert lab.gone() == EXPIRED - 2
    assert lab.runs()[-1].state == "completed"
    for setting in ("TimeZone", "DateStyle", "IntervalStyle"):
        (shown,) = session.execute(f"show {setting}".encode()).fetchone() or (None,)
        assert shown == HOSTILE[setting], "the caller's own settings are his again"


def test_f13_batches_under_hostile_settings(lab: Lab, hostile: str) -> None:
    lab.table()
    lab.policy()
    session = lab.session(user=hostile)
    cursor, total = None, 0
    while True:
        row = session.execute(
            "select rows_done, cursor from pydb.retention_batch('events', 200, %s::pg_catalog.jsonb)",
            (cursor,),
        ).fetchone()
        assert row is not None
        total += row[0]
        if row[1] is None:
            break
        cursor = json.dumps(row[1])
    assert total == lab.gone() == EXPIRED


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize("kind", ["date", "timestamp"])
def test_f13_zone_of_the_session_does_not_move_the_cutoff(lab: Lab, zone: str, kind: str) -> None:
    lab.db.execute(f"create table app.days (id bigint, at {kind})".encode())
    lab.db.execute(
        "insert into app.days select i, (now() at time zone 'UTC') - i * interval '1 hour'"
        " from generate_series(1, 2000) as i"
    )
    lab.policy("days")
    expected = lab.value("select sum(rows)::int from pydb.retention_plan('days')")
    session = lab.session(f"-c TimeZone={zone}")
    session.execute("call pydb.retention_run('days')")
    assert lab.value("select 2000 - count(*)::int from app.days") == expected


def test_replica_session_is_refused(lab: Lab) -> None:
    """Without foreign keys a delete would leave orphans."""
    lab.table()
    lab.policy()
    assert lab.run(session=lab.session("-c session_replication_role=replica")).failed() == "YD111"
    (row,) = lab.runs()
    assert (row.state, row.stop_reason, row.sqlstate, row.rows_done) == ("blocked", "error", "YD001", 0)
    assert lab.gone() == 0


def test_c10_statement_timeout_in_a_batch(lab: Lab) -> None:
    """The batch is rolled back whole, the run ends partial, and the next one begins with a smaller batch."""
    lab.table()
    lab.policy()
    with lab.gate() as gate:
        run = lab.start(session=lab.session("-c statement_timeout=1500"))
        gate.reached_by(run)
        run.succeeded()
        assert any("time_budget" in warning for warning in run.warnings)
    lab.balanced()
    (row,) = lab.runs()
    assert (row.state, row.stop_reason, row.sqlstate) == ("partial", "time_budget", "57014")
    assert row.rows_done == 64 + 128
    learned = row.detail["learned"]
    assert isinstance(learned, dict)
    assert learned["heap_range"] == 128
    lab.converges()


def test_c10_statement_timeout_in_the_count(lab: Lab) -> None:
    lab.table()
    lab.policy()
    lab.setting("lock_timeout", "60 s")
    other = lab.session()
    other.execute("begin")
    other.execute("lock table app.events in access exclusive mode")
    run = lab.run(session=lab.session("-c statement_timeout=300"))
    # nothing was done, nor will be tomorrow: no success, and the cure is there to type
    assert run.failed() == "YD111"
    other.execute("rollback")
    (row,) = lab.runs()
    assert (row.state, row.stop_reason, row.rows_planned) == ("blocked", "time_budget", None)
    assert row.detail["hint"] == "set statement_timeout = '0';"
    lab.converges()


def test_c10_policies_whose_turn_never_came_are_in_the_log(lab: Lab) -> None:
    for name in ("a", "b"):
        lab.table(name)
        lab.policy(name)
    with lab.gate("a") as gate:
        run = lab.start(None, lab.session("-c statement_timeout=1500"))
        gate.reached_by(run)
        run.ended()
    assert [row.state for row in lab.runs("a")] == ["partial"]
    assert [(row.state, row.stop_reason) for row in lab.runs("b")] == [("skipped", "time_budget")]


def test_row_security_that_would_hide_rows_is_an_error(lab: Lab, role: RoleFactory) -> None:
    """Switched on between two batches: filtered rows must not look like rows that are gone."""
    lab.table()
    lab.policy()
    name = lab.worker(role)
    with lab.gate() as gate:
        run = lab.start(session=lab.session(user=name))
        gate.reached_by(run)
        ddl = Background(lab.session(), "alter table app.events enable row level security")
        lab.until_blocked(ddl.pid, run.pid)
        gate.open()
        ddl.succeeded()
        assert run.failed() == "YD111"
    (row,) = lab.runs()
    assert (row.state, row.sqlstate, row.rows_done) == ("blocked", "42501", AFTER_GATE)
    lab.balanced()
