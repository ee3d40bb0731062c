"""``pydb governor``, and how runs that it held look in ``pydb runs list`` and ``pydb runs show``."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Result
    from tests.conftest import Connection


@pytest.fixture
def queue(events: Connection) -> Connection:
    """A policy on app.events, and a function for an indicator that says what app.queue holds."""
    events.execute("create table app.queue (depth float8)")
    events.execute("insert into app.queue values (11)")
    events.execute(
        "create function app.queue_depth(regclass) returns pydb.governor_reading language sql stable as $$"
        " select row(depth, 'jobs', true, 'so deep')::pydb.governor_reading from app.queue $$"
    )
    events.execute("select pydb.retention_policy_set('a', 'app.events', 'at', '30 days', p_fuse_share => 1)")
    return events


def one(result: Result, name: str) -> dict[str, object]:
    """What the list says of an indicator."""
    (found,) = (
        row
        for row in cast("list[dict[str, object]]", result.document["indicators"])
        if row["indicator"] == name
    )
    return found


def test_indicators_are_listed_set_and_dropped(cli: Cli, queue: Connection) -> None:
    listed = cli("governor", "list", "--json")
    assert (listed.code, listed.document["document"]) == (0, "governor.list")
    assert one(listed, "replication_lag")["decision"] == "go on"
    assert one(listed, "disk_used")["decision"] == "not looked at"
    told = cli("governor", "set", "replication_lag", "--threshold", "200e6", "--leave-out", "reporting")
    assert told.out == "indicator replication_lag is set: 0 of 200000000 bytes, go on\n"
    assert queue.execute(
        "select threshold, leaves_out from pydb.governor_indicator where name = 'replication_lag'"
    ).fetchone() == (200e6, ["reporting"])
    assert cli("governor", "set", "replication_lag", "--leave-out", "").code == 0
    assert queue.execute(
        "select threshold, leaves_out from pydb.governor_indicator where name = 'replication_lag'"
    ).fetchone() == (200e6, [])
    assert cli("governor", "set", "slot_wal", "--disable").code == 0
    assert one(cli("governor", "list", "--json"), "slot_wal")["decision"] == "not looked at"

    own = ("governor", "set", "queue", "--function", "app.queue_depth", "--threshold", "10")
    dry = cli(*own, "--dry-run", "--json")
    assert (dry.document["dry_run"], cast("dict[str, object]", dry.document["indicator"])["signal"]) == (
        True,
        "stop",
    )
    assert cli("governor", "drop", "queue").code == 64
    assert cli(*own).out == "indicator queue is set: 11 of 10 jobs, rest\n"
    assert "so deep" in cli("governor", "list").out
    assert cli("governor", "drop", "queue", "--dry-run", "--json").document["dropped"] is False
    assert cli("governor", "drop", "queue").code == 0
    assert cli("governor", "drop", "queue").code == 64
    assert cli("governor", "drop", "slot_wal").code == 64


def test_what_is_no_indicator_is_refused(cli: Cli, queue: Connection) -> None:
    refused = cli("governor", "set", "queue", "--function", "app.nothing", "--threshold", "1", "--json")
    assert (refused.code, refused.error["sqlstate"]) == (64, "YD801")
    assert cli("governor", "set", "queue", "--threshold", "1").code == 64
    assert cli("governor", "set", "slot_wal", "--back-off", "0").code == 64


def test_what_ended_runs_is_seen_in_the_list_of_runs(cli: Cli, queue: Connection) -> None:
    def run(reason: str) -> None:
        cli("retention", "run", "a", "--yes")
        (first,) = cast(
            "list[dict[str, object]]", cli("runs", "list", "--limit", "1", "--json").document["runs"]
        )
        assert first["stop_reason"] == reason
        told = cli("runs", "list", "--limit", "1").out
        assert reason in told
        assert reason in cli("runs", "show", str(first["id"])).out

    assert cli(
        "governor", "set", "queue", "--function", "app.queue_depth", "--threshold", "10", "--patience", "0"
    ).code == 0  # fmt: skip
    run("governor")
    assert cli("governor", "drop", "queue").code == 0
    queue.execute(
        "select pydb.window_set('far', (now() at time zone 'UTC' + interval '12 hours')::time,"
        " (now() at time zone 'UTC' + interval '13 hours')::time, p_kinds => '{retention}')"
    )
    run("window")
    queue.execute("select pydb.window_drop('far')")
    queue.execute("select pydb_internal.guard_admit()")
    queue.execute("update pydb.guard_server set system_identifier = system_identifier + 1")
    run("held")
    queue.execute("select pydb.guard_allow('it is this one')")
    queue.execute(
        "select pydb.retention_policy_set('a', 'app.events', 'at', '30 days', p_fuse_share => 1,"
        " p_max_wal => '1 kB', p_rows_per_second => 1)"
    )
    run("wal_budget")
