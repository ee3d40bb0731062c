"""``pydb window``, ``policy outlook``, ``space``, and what ``retention run`` does beside: windows, VACUUM."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Cli, Result
    from tests.conftest import Connect, Connection

    PolicyFile = Callable[..., Path]


def rows(result: Result, key: str) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", result.document[key])


def test_windows_are_set_listed_named_and_dropped(
    cli: Cli, events: Connection, policy_file: PolicyFile
) -> None:
    assert cli("window", "list").code == 0
    dry = cli("window", "set", "nights", "22:00", "6:00", "--dry-run", "--json")
    assert (dry.code, rows(cli("window", "list", "--json"), "windows")) == (0, [])
    told = cli(
        "window", "set", "nights", "22:00", "6:00", "--weekday", "sat", "--weekday", "fri",
        "--timezone", "Europe/Berlin", "--kind", "cascade",
    )  # fmt: skip
    assert told.code == 0
    (window,) = rows(cli("window", "list", "--json"), "windows")
    assert [window[key] for key in ("name", "opens", "closes", "weekdays", "timezone", "kinds")] == [
        "nights", "22:00:00", "06:00:00", ["fri", "sat"], "Europe/Berlin", ["cascade"],
    ]  # fmt: skip
    assert "fri, sat 22:00 to 06:00 Europe/Berlin" in cli("window", "list").out
    assert cli("window", "set", "w", "22:00", "6:00", "--weekday", "friday").code == 64
    assert cli("window", "set", "w", "25:00", "6:00").code != 0

    path = str(
        policy_file(a='keep = "30 days"\nwindows = ["nights"]\nmax_wal = "1 GB"\ncatch_up_windows = []')
    )
    assert cli("policy", "apply", path).code == 0
    again = cli("policy", "apply", path, "--json")
    assert again.document["counts"] == {"added": 0, "changed": 0, "unchanged": 1, "removed": 0}
    exported = cli("policy", "export").out
    assert 'windows = ["nights"]' in exported
    assert "max_wal = 1073741824" in exported
    assert "catch_up_windows = []" in exported
    (again_path := cli.cwd / "again.toml").write_text(exported)
    assert cli("policy", "apply", str(again_path), "--json").document["counts"] == again.document["counts"]
    wrong = cli("policy", "apply", str(policy_file(a='keep = "30 days"\nwindows = ["nope"]')))
    assert (wrong.code, "policies.toml:5" in wrong.err) == (64, True)

    assert cli("window", "drop", "nights").code == 64
    assert cli("policy", "set", "a", "app.events", "at", "30 days", "--any-time").code == 0
    assert events.execute(
        "select windows, max_wal from pydb.retention_policy where name = 'a'"
    ).fetchone() == (
        [],
        None,
    )
    assert cli("window", "drop", "nights").code == 0
    assert cli("window", "drop", "nights").code == 64


def test_a_policy_is_set_with_limits_for_catching_up(cli: Cli, events: Connection) -> None:
    assert cli("window", "set", "w", "1:00", "2:00").code == 0
    done = cli(
        "policy", "set", "a", "app.events", "at", "30 days", "--window", "w", "--max-wal", "10MB",
        "--fuse-share", "1", "--catch-up-after", "2 days", "--catch-up-any-time", "--catch-up-max-rows", "7",
        "--catch-up-max-runtime", "1 h", "--catch-up-max-wal", "1 GB", "--catch-up-rows-per-second", "9",
    )  # fmt: skip
    assert done.code == 0
    row = events.execute(
        "select windows, max_wal, catch_up_after::text, catch_up_windows, catch_up_max_rows,"
        " catch_up_max_runtime::text, catch_up_max_wal, catch_up_rows_per_second from pydb.retention_policy"
        " where name = 'a'"
    ).fetchone()
    assert row == (["w"], 10 * 1024**2, "2 days", [], 7, "01:00:00", 1024**3, 9)
    refused = cli("policy", "set", "a", "app.events", "at", "30 days", "--max-wal", "much")
    assert (refused.code, "max" in refused.err) == (64, True)
    # by hand, at any time
    run = cli("retention", "run", "a", "--yes", "--catch-up", "--json")
    assert [one["rows_done"] for one in rows(run, "runs")] == [7]
    outlook = cli("policy", "outlook", "--json")
    (one,) = rows(outlook, "policies")
    assert (outlook.code, one["policy"], one["is_overdue"], one["reason"]) == (1, "a", True, "row_budget")
    assert "row_budget" in cli("policy", "outlook", "a").out
    assert cli("policy", "outlook", "nope").code == 64


def test_a_vacuum_after_a_run_says_what_it_did(cli: Cli, events: Connection) -> None:
    assert cli("policy", "set", "a", "app.events", "at", "30 days", "--fuse-share", "1").code == 0
    dry = cli("retention", "run", "a", "--dry-run", "--vacuum", "--json")
    assert "vacuumed" not in dry.document
    run = cli("retention", "run", "a", "--yes", "--vacuum", "--json")
    (table,) = rows(run, "vacuumed")
    (done,) = rows(run, "runs")
    assert (run.code, table["relation"], table["problem"]) == (0, "app.events", None)
    assert (table["dead_before"], table["dead_after"]) == (done["rows_done"], 0)
    assert events.execute("select last_vacuum is not null from pg_stat_user_tables"
                          " where relid = 'app.events'::regclass").fetchone() == (True,)  # fmt: skip
    space = cli("space", "app.events", "--json")
    (seen,) = rows(space, "tables")
    assert (space.code, seen["dead_rows"], seen["policies"]) == (0, 0, ["a"])
    assert "app.events" in cli("space").out


def test_a_vacuum_that_could_not_says_why(cli: Cli, events: Connection, connect: Connect) -> None:
    assert cli("policy", "set", "a", "app.events", "at", "30 days", "--fuse-share", "1").code == 0
    holder = connect(autocommit=False)
    holder.execute("set application_name = 'old report'")
    holder.execute("select txid_current()")
    run = cli("retention", "run", "a", "--yes", "--vacuum", "--json")
    (table,) = rows(run, "vacuumed")
    assert run.code == 1
    assert "old report" in str(table["problem"])
    assert table["dead_after"] == table["dead_before"]
    events.execute("insert into app.events (at) select timestamptz '2020-01-01Z' from generate_series(1, 3)")
    holder.execute("lock table app.events in share update exclusive mode")
    locked = cli("retention", "run", "a", "--yes", "--vacuum")
    assert (locked.code, "somebody locks it" in locked.out) == (1, True)
