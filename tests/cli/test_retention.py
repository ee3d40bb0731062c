"""``pydb retention``: plan and run agree, the worst run is the exit code, nothing is deleted unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.privileges.conftest import ROLES, ROLES_FILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Cli, Result
    from tests.conftest import Connection, RoleFactory
    from tests.servers import Database

TOTAL = 10_000
EXPIRED = 7_000
KEEP = 'keep = "30 days"\nfuse_share = 1'


@pytest.fixture
def policy(cli: Cli, events: Connection, policy_file: Callable[..., Path]) -> str:
    """A policy that expires 7,000 of 10,000 rows."""
    assert cli("policy", "apply", str(policy_file(a=KEEP))).code == 0
    return "a"


def left(db: Connection) -> int:
    row = db.execute("select count(*) from app.events").fetchone()
    assert row is not None
    return cast("int", row[0])


def runs(result: Result) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", result.document["runs"])


def test_plan_document(cli: Cli, policy: str) -> None:
    document = cli("retention", "plan", policy, "--json").document
    assert (document["document"], document["rows"]) == ("retention.plan", EXPIRED)
    (relation,) = cast("list[dict[str, object]]", document["relations"])
    assert set(relation) == {
        *("policy", "relation", "action", "rows", "total_rows", "bytes", "oldest", "newest"),
        *("blocked_rows", "null_rows", "cutoff", "strategy", "strategy_reason", "warnings", "codes"),
        "held_rows",
        "implausible_rows",
    }
    assert (relation["relation"], relation["rows"], relation["total_rows"]) == ("app.events", EXPIRED, TOTAL)


def test_plan_for_people(cli: Cli, policy: str) -> None:
    result = cli("retention", "plan")
    assert result.code == 0
    for text in ("app.events", "7,000", "10,000", "70.0%"):
        assert text in result.out


def test_plan_shows_infinite_times(cli: Cli, events: Connection, policy_file: Callable[..., Path]) -> None:
    events.execute("insert into app.events (at) values ('infinity'), ('-infinity'), ('0044-03-15 BC')")
    cli(
        "policy",
        "apply",
        str(policy_file(a=KEEP + "\nexpire_minus_infinity = true\nexpire_implausible = true")),
    )
    (relation,) = cast("list[dict[str, object]]", cli("retention", "plan", "--json").document["relations"])
    assert (relation["rows"], relation["oldest"]) == (EXPIRED + 2, "-infinity")


def test_run_deletes_what_the_plan_said(cli: Cli, events: Connection, policy: str) -> None:
    result = cli("retention", "run", policy, "--yes", "--json")
    assert result.code == 0
    assert set(result.document) == {
        *("document", "version", "exit_code", "request", "dry_run", "interrupted", "seconds", "runs")
    }
    (run,) = runs(result)
    assert set(run) == {
        *(
            "id",
            "kind",
            "subject",
            "dry_run",
            "state",
            "stop_reason",
            "rows_planned",
            "rows_done",
            "rows_skipped",
        ),
        *(
            "batches",
            "cutoff",
            "started_at",
            "heartbeat_at",
            "finished_at",
            "actor",
            "sqlstate",
            "error",
            "detail",
        ),
    }
    assert (run["state"], run["stop_reason"], run["rows_done"]) == ("completed", "exhausted", EXPIRED)
    assert left(events) == TOTAL - EXPIRED
    assert cli("retention", "log", policy, "--json").document["runs"] == [run]


def test_run_for_people(cli: Cli, events: Connection, policy: str) -> None:
    result = cli("retention", "run", "--yes")
    assert result.code == 0
    for text in ("completed", "exhausted", "7,000"):
        assert text in result.out


def test_a_dry_run_needs_no_yes_and_deletes_nothing(cli: Cli, events: Connection, policy: str) -> None:
    result = cli("retention", "run", "--dry-run", "--json")
    (run,) = runs(result)
    assert (result.code, run["dry_run"], run["rows_planned"], run["rows_done"]) == (0, True, EXPIRED, 0)
    assert left(events) == TOTAL


def test_a_run_needs_yes_where_nobody_can_be_asked(cli: Cli, events: Connection, policy: str) -> None:
    result = cli("retention", "run")
    assert result.code == 64
    assert "7,000 rows" in result.err
    assert "--yes" in result.err
    assert left(events) == TOTAL


def test_a_run_asks_on_a_terminal_and_shows_progress(cli: Cli, events: Connection, policy: str) -> None:
    no = cli.on_terminal("retention", "run", answer=b"n\n")
    assert "Delete 7,000 rows from 1 table?" in no.out
    assert (no.code, left(events)) == (1, TOTAL)
    yes = cli.on_terminal("retention", "run", answer=b"y\n")
    assert (yes.code, left(events)) == (0, TOTAL - EXPIRED)
    assert "7000/7000" in yes.out


def test_a_row_budget_ends_in_partial(cli: Cli, events: Connection, policy: str) -> None:
    result = cli("retention", "run", "--yes", "--max-rows", "1000", "--json")
    (run,) = runs(result)
    assert (result.code, run["state"], run["stop_reason"]) == (1, "partial", "row_budget")
    assert left(events) == TOTAL - cast("int", run["rows_done"])
    assert "pydb retention run a" in cli("retention", "run", "--yes", "--max-rows", "1000").err


def test_a_tripped_fuse_is_blocked(cli: Cli, events: Connection, policy_file: Callable[..., Path]) -> None:
    cli("policy", "apply", str(policy_file(a='keep = "30 days"')))
    result = cli("retention", "run", "--yes", "--json")
    (run,) = runs(result)
    assert (result.code, run["state"], run["stop_reason"]) == (1, "blocked", "fuse")
    assert left(events) == TOTAL


def test_a_run_does_not_ask_about_rows_that_the_fuse_will_keep(
    cli: Cli, events: Connection, policy_file: Callable[..., Path]
) -> None:
    cli("policy", "apply", str(policy_file(a='keep = "30 days"')))
    for result in (cli("retention", "run"), cli.on_terminal("retention", "run")):
        said = result.out + result.err
        assert result.code == 1
        assert "a: the fuse would block the run: 7000 of 10000 rows" in said
        assert "pydb retention plan a" in said
        assert "Delete" not in said
    assert cli("retention", "run", "--json").error["sqlstate"] == "YD104"
    # beside a policy that may delete, the question is about its rows alone
    events.execute("insert into app.b select * from app.events where id % 10 = 0")
    cli("policy", "apply", str(policy_file(a='keep = "30 days"', b=KEEP)))
    asked = cli.on_terminal("retention", "run", answer=b"n\n")
    assert "a: the fuse would block the run" in asked.out
    assert "Delete 700 rows from 1 table?" in asked.out
    assert left(events) == TOTAL


def test_the_worst_run_decides_the_exit_code(
    cli: Cli, events: Connection, policy_file: Callable[..., Path]
) -> None:
    cli("policy", "apply", str(policy_file(a=KEEP, b=KEEP)))
    events.execute("drop table app.b")
    result = cli("retention", "run", "--yes", "--json")
    states = {run["subject"]: run["state"] for run in runs(result)}
    assert states["a"] == "completed"
    assert states["b"] in ("failed", "blocked")
    assert result.code == (2 if states["b"] == "failed" else 1)
    assert left(events) == TOTAL - EXPIRED


def test_without_policies_a_run_is_no_success(cli: Cli, db: Connection) -> None:
    db.execute("select pydb.retention_policy_drop(name) from pydb.retention_policy where not builtin")
    db.execute("update pydb.retention_policy set enabled = false")
    result = cli("retention", "run", "--yes", "--json")
    assert (result.code, runs(result)) == (1, [])
    assert "no enabled" in result.err


def test_pause_and_resume(cli: Cli, events: Connection, policy: str) -> None:
    assert policy in cli("retention", "pause", policy, "--reason", "audit").out
    assert "audit" in cli("policy", "list").out
    result = cli("retention", "run", policy, "--yes", "--json")
    (run,) = runs(result)
    assert (result.code, run["state"], run["stop_reason"]) == (1, "skipped", "paused")
    assert cli("retention", "resume", policy, "--json").document["policy"] == policy
    assert cli("retention", "run", policy, "--yes").code == 0


def test_the_kill_switch(cli: Cli, events: Connection, policy: str) -> None:
    assert cli("retention", "pause").code == 0
    result = cli("retention", "run", "--yes", "--json")
    assert (result.code, {run["stop_reason"] for run in runs(result)}) == (1, {"kill_switch"})
    assert left(events) == TOTAL
    assert cli("retention", "resume").code == 0
    assert cli("retention", "run", "--yes").code == 0


def test_another_present_can_be_taken(cli: Cli, events: Connection, policy: str) -> None:
    moment = events.execute("select (now() - interval '40 days')::text").fetchone()
    assert moment is not None
    plan = cli("retention", "plan", "--now", str(moment[0]), "--json")
    assert plan.document["rows"] == 3_000
    assert cli("retention", "run", "--yes", "--now", str(moment[0])).code == 0
    assert left(events) == TOTAL - 3_000


def test_a_future_present_deletes_nothing(cli: Cli, events: Connection, policy: str) -> None:
    result = cli("retention", "run", "--yes", "--now", "2999-01-01", "--json")
    assert (result.code, runs(result)[0]["sqlstate"]) == (1, "YD105")
    assert left(events) == TOTAL


def test_a_read_only_server_is_said(cli: Cli, events: Connection, policy: str) -> None:
    asked = "-c default_transaction_read_only=on"
    result = cli("retention", "run", "--yes", "--json", PGOPTIONS=asked)
    assert (result.code, result.error["sqlstate"]) == (1, "YD007")
    assert cli("retention", "plan", PGOPTIONS=asked).code == 0
    assert left(events) == TOTAL
    # what nobody asked for in this session is only a default
    events.execute(f"alter database {events.info.dbname} set default_transaction_read_only = on")
    assert cli("retention", "run", "--yes", "--json").code == 0
    assert left(events) < TOTAL
    events.execute(f"alter database {events.info.dbname} reset default_transaction_read_only")


def test_log_is_newest_first_and_bounded(cli: Cli, events: Connection, policy: str) -> None:
    for _ in range(3):
        cli("retention", "run", "--dry-run", "--yes")
    ids = [cast("int", run["id"]) for run in runs(cli("retention", "log", "--limit", "2", "--json"))]
    assert len(ids) == 2
    assert ids[0] > ids[1]
    assert policy in cli("retention", "log").out


def test_left_is_what_is_left(cli: Cli, events: Connection, policy_file: Callable[..., Path]) -> None:
    cli("policy", "apply", str(policy_file(a='keep = "30 days"\nfuse_share = 1')))
    shown = cli("retention", "run", "--yes", "--max-rows", "1000").out
    (line,) = (line.split() for line in shown.splitlines() if " a " in line)
    assert line[2:7] == ["partial", "row_budget", "7,000", "1,000", "6,000"]


def test_the_log_knows_policies_and_runs(
    cli: Cli, events: Connection, policy_file: Callable[..., Path]
) -> None:
    cli("policy", "apply", str(policy_file(a='keep = "30 days"', b='keep = "30 days"')))
    cli("retention", "run", "--yes")
    typo = cli("retention", "log", "bb", "--json")
    assert (typo.code, typo.error["sqlstate"]) == (64, "YD002")
    assert typo.error == cli("retention", "plan", "bb", "--json").error
    assert typo.error == cli("policy", "show", "bb", "--json").error
    blocked = runs(cli("retention", "log", "--failed", "--json"))
    assert [(run["subject"], run["state"]) for run in blocked] == [("a", "blocked")]
    done = runs(cli("retention", "log", "b", "--state", "completed", "--since", "1 hour", "--json"))
    assert done == runs(cli("retention", "log", "b", "--json"))
    assert runs(cli("retention", "log", "--since", "2100-01-01", "--json")) == []
    one = cli("retention", "log", str(blocked[0]["id"]), "--json").document["run"]
    assert isinstance(one, dict)
    assert (one["id"], one["subject"]) == (blocked[0]["id"], "a")
    assert cli("retention", "log", "999999").code == 64
    # a policy that was dropped still has its runs
    cli("policy", "drop", "b", "--yes")
    assert cli("retention", "log", "b").code == 0


def test_a_missing_right_is_said_with_its_grant(
    cli: Cli, events: Connection, role: RoleFactory, database: Database, policy_file: Callable[..., Path]
) -> None:
    cli("policy", "apply", str(policy_file(a='keep = "30 days"\nfuse_share = 1')))
    database.roles.extend(ROLES)
    events.execute(ROLES_FILE.read_bytes())
    name = role()
    events.execute(f"grant pydb_runner to {name}".encode())
    mine = f"{database.dsn} user={name}"
    ran = cli("retention", "run", "a", "--yes", "--dsn", mine)
    told = cli("retention", "log", "a", "--dsn", mine)
    assert f"grant select, delete on app.events to {name}" in (ran.err + ran.out).lower()
    assert f"grant select, delete on app.events to {name}" in told.out.lower()
    paused = cli("retention", "pause", "--dsn", mine)
    assert (paused.code, "pydb_admin" in paused.err) == (77, True)
