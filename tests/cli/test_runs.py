"""``pydb runs``: what whoever is on call types to see what ran, how it ended and what is next."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

import psycopg
import pytest

from tests.cli.conftest import Cli, make_events

if TYPE_CHECKING:
    from tests.cli.conftest import Result
    from tests.conftest import Connection, RoleFactory
    from tests.servers import Filling

NAME = "app.child.parent_id_ref"


def make_night(dsn: str) -> None:
    """A run with too few rows, one that a fuse stopped, a scan, a job without time, a scan left behind."""
    with psycopg.connect(dsn, autocommit=True) as db, TemporaryDirectory() as folder:
        cli = Cli(dsn, Path(folder))
        make_events(db)
        policies = Path(folder, "policies.toml")
        policies.write_text(
            '[policy.a]\ntable = "app.events"\ntime_column = "at"\nkeep = "30 days"\n'
            '[policy.b]\ntable = "app.b"\ntime_column = "at"\nkeep = "30 days"\nfuse_share = 1\n'
        )
        assert cli("policy", "apply", str(policies)).code == 0
        db.execute(
            """insert into app.b select * from app.events;
            create table app.parent (id int primary key);
            create table app.child (id int primary key, parent_id int);
            insert into app.parent values (1);
            insert into app.child values (1, 1), (2, 2);
            create index on app.child (parent_id);
            select pydb.reference_set('app.child', '{parent_id}', 'app.parent', '{id}', 'cascade');
            select pydb.setting_set('orphan_min_age', '0')"""
        )
        cli("retention", "run", "b", "--yes", "--max-rows", "1000")
        cli("retention", "run", "a", "--yes")
        cli("orphans", "scan")
        cli("cascade", "delete", "app.parent", "1", "--durable", "--yes")
        cli("cascade", "resume", "--yes", "--max-runtime", "0 s")
        db.execute(
            "insert into pydb.job_run (kind, subject, state, started_at, heartbeat_at, pid)"
            " values ('orphans', 'scan app.x', 'running', now(), now(), 1)"
        )


@pytest.fixture
def filling(request: pytest.FixtureRequest) -> Filling | None:
    return make_night if "night" in request.fixturenames else None


@pytest.fixture
def night(db: Connection) -> Connection:
    """A connection to a copy of what `make_night` made."""
    return db


def listed(result: Result) -> list[dict[str, object]]:
    assert result.document["document"] == "runs.list"
    return cast("list[dict[str, object]]", result.document["runs"])


def test_list_document(cli: Cli, night: Connection) -> None:
    result = cli("runs", "list", "--json")
    assert result.code == 0
    found = listed(result)
    assert set(found[0]) == {
        *("id", "kind", "subject", "dry_run", "state", "stop_reason", "rows_planned", "rows_done"),
        *("progress", "started_at", "finished_at", "heartbeat_at", "actor"),
        *("is_dead", "next_step", "sqlstate", "error"),
    }
    assert [(run["kind"], run["state"], run["stop_reason"]) for run in found] == [
        ("orphans", "running", None),
        ("cascade", "partial", "time_budget"),
        ("orphans", "completed", "exhausted"),
        ("retention", "blocked", "fuse"),
        ("retention", "partial", "row_budget"),
    ]
    assert [run["is_dead"] for run in found] == [True, False, False, False, False]
    # a job without time has not looked at its plan
    assert [run["progress"] for run in found[1:]] == [None, 1, 0, pytest.approx(1 / 7, abs=0.001)]


def test_list_for_people(cli: Cli, night: Connection) -> None:
    result = cli("runs", "list")
    assert result.code == 0
    lines = result.out.splitlines()
    assert any("running (dead)" in line and "scan app.x" in line for line in lines)
    assert any("1,000 of 7,000" in line and "row_budget" in line for line in lines)
    for command in ("retention run b", "retention plan a", "cascade resume 1", "orphans scan app.x"):
        assert f"pydb {command}" in result.out
    assert "YD104" in result.out


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        (["--kind", "retention"], ["retention", "retention"]),
        (["--kind", "orphans", "--state", "completed"], ["orphans"]),
        (["--state", "blocked", "--state", "running"], ["orphans", "retention"]),
        (["--subject", "b"], ["retention"]),
        (["--subject", "1"], ["cascade"]),
        (["--since", "1 hour", "--limit", "2"], ["orphans", "cascade"]),
        (["--since", "2999-01-01"], ["orphans"]),
        (["--kind", "archive"], []),
    ],
)
def test_filters(cli: Cli, night: Connection, options: list[str], kinds: list[str]) -> None:
    assert [run["kind"] for run in listed(cli("runs", "list", *options, "--json"))] == kinds
    assert ("no such run" in cli("runs", "list", *options).err) == (not kinds)


@pytest.mark.parametrize(
    "options", [["--kind", "nonsense"], ["--state", "dead"], ["--since", "soon"], ["--limit", "0"]]
)
def test_what_cannot_be_is_a_usage_error(cli: Cli, options: list[str]) -> None:
    assert cli("runs", "list", *options, "--json").code == 64


def test_show_document(cli: Cli, night: Connection) -> None:
    (number,) = [run["id"] for run in listed(cli("runs", "list", "--subject", "b", "--json"))]
    result = cli("runs", "show", str(number), "--json")
    assert (result.code, result.document["document"]) == (0, "runs.show")
    run = cast("dict[str, object]", result.document["run"])
    (of_the_log,) = cast("list[dict[str, object]]", cli("retention", "log", "b", "--json").document["runs"])
    assert run.items() >= of_the_log.items()
    assert (run["is_dead"], run["next_step"]) == (False, "more is due; to go on: pydb retention run b")
    (entry,) = cast("list[dict[str, object]]", result.document["audit"])
    assert set(entry) == {"id", "at", "actor", "action", "subject", "arguments"}
    assert (entry["action"], entry["subject"]) == ("retention_run", "b")


def test_show_for_people(cli: Cli, night: Connection) -> None:
    (blocked,) = listed(cli("runs", "list", "--state", "blocked", "--json"))
    result = cli("runs", "show", str(blocked["id"]))
    assert result.code == 0
    told = {line.split("  ")[0]: line.split("  ")[-1].strip() for line in result.out.splitlines()}
    wanted = {"subject": "a", "state": "blocked", "reason": "fuse", "sqlstate": "YD104"}
    assert told.items() >= wanted.items()
    assert told["rows"] == "0 of 7,000"
    assert "pydb retention plan a" in told["next"]


def test_an_unknown_run(cli: Cli, db: Connection) -> None:
    result = cli("runs", "show", "4711", "--json")
    assert (result.code, result.error["sqlstate"]) == (64, "YD002")
    assert result.error["hint"] == "pydb runs list"


def test_the_audit_log_is_shown_to_who_may_read_it(
    cli: Cli, night: Connection, dsn: str, role: RoleFactory
) -> None:
    name = role("looker")
    night.execute(f"grant usage on schema pydb, pydb_internal to {name}".encode())
    night.execute(f"grant select on pydb.job_run, pydb.run_list, pydb.setting to {name}".encode())
    night.execute(f"grant execute on all functions in schema pydb_internal to {name}".encode())
    for (number,) in night.execute("select id from pydb.job_run").fetchall():
        result = cli("runs", "show", str(number), "--json", "--dsn", f"{dsn} user={name}")
        assert (result.code, result.document["audit"]) == (0, None)
    assert "not for this role" in cli("runs", "show", str(number), "--dsn", f"{dsn} user={name}").err


def test_a_repair_goes_on_in_the_mode_it_began_in(cli: Cli, night: Connection) -> None:
    night.execute("insert into app.child select i, i from generate_series(3, 20) as i")
    result = cli("orphans", "repair", NAME, "--mode", "quarantine", "--max-rows", "5", "--yes")
    assert result.code == 1
    assert f"pydb orphans repair {NAME} --mode quarantine" in result.err
    (partial,) = listed(cli("runs", "list", "--subject", NAME, "--state", "partial", "--json"))
    assert str(partial["next_step"]).endswith(f"pydb orphans repair {NAME} --mode quarantine")
