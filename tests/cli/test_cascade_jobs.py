"""Durable cascades on the command line: request, approve, cancel, resume, and what a signal leaves."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Result, WaitFor
    from tests.conftest import Connection, RoleFactory

IN_TRIGGER = (
    "select exists (select from pg_stat_activity where wait_event = 'PgSleep'"
    " and datname = current_database() and query like 'call%cascade_run%')"
)
NO_RUN = (
    "select not exists (select from pg_stat_activity where datname = current_database()"
    " and query ilike 'call%cascade_run%' and state <> 'idle')"
)
REQUEST = ("cascade", "delete", "app.root", "1", "--durable", "--yes")


@pytest.fixture
def big(db: Connection) -> Connection:
    """A root with 5000 children, and another root."""
    db.execute(
        """create schema if not exists app; create table app.root (id int primary key);
        create table app.child (id int primary key, root_id int references app.root on delete cascade);
        create index on app.child (root_id);
        insert into app.root values (1), (2);
        insert into app.child select i, 1 + (i > 5000)::int from generate_series(1, 6000) as i;
        analyze app.root, app.child"""
    )
    return db


@pytest.fixture
def gate(big: Connection) -> Connection:
    """While app.gate has the id of a child, what deletes it waits in a trigger; a job is not tried before."""
    big.execute("select pydb.setting_set('cascade_trial_rows', '0')")
    big.execute(
        """create table app.gate (id int); insert into app.gate values (2500);
        create function app.wait() returns trigger language plpgsql as $$ begin
            while exists (select from app.gate as g where g.id = old.id) loop
                perform pg_sleep(0.01);
            end loop;
            return old; end $$;
        create trigger wait before delete on app.child for each row execute function app.wait()"""
    )
    return big


def job(result: Result) -> dict[str, object]:
    return cast("dict[str, object]", result.document["job"])


def listed(cli: Cli) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", cli("cascade", "jobs", "--json").document["jobs"])


def left(db: Connection) -> tuple[int, int]:
    row = db.execute("select (select count(*) from app.root), (select count(*) from app.child)").fetchone()
    assert row is not None
    return row


def test_a_job_from_request_to_proof(cli: Cli, big: Connection) -> None:
    asked = cli.on_terminal(*REQUEST[:-1], "--reason", "moved away", answer=b"y\n")
    assert asked.code == 0
    assert "Request a job to delete 5,001 rows in 2 tables?" in asked.out
    assert "pydb cascade resume 1" in asked.out
    assert left(big) == (2, 6000)
    (one,) = listed(cli)
    assert (one["id"], one["state"], one["reason"], one["rows_planned"]) == (
        1,
        "requested",
        "moved away",
        5001,
    )
    shown = cli("cascade", "jobs")
    assert "app.root" in shown.out
    assert "job 1: moved away" in shown.out
    dry = cli("cascade", "resume", "--dry-run", "--json")
    assert (dry.document["dry_run"], dry.document["runs"]) == (True, [])
    assert cli("cascade", "resume", "1").code == 64
    assert cli.on_terminal("cascade", "resume", answer=b"n\n").code == 1
    assert left(big) == (2, 6000)
    done = cli.on_terminal("cascade", "resume", "1", answer=b"y\n")
    assert done.code == 0
    assert "5001/5001" in done.out  # the bar
    assert "job 1 is completed: 5,001 rows deleted, none remain" in done.out
    assert left(big) == (1, 1000)
    one = cast("list[dict[str, object]]", cli("cascade", "jobs", "1", "--json").document["jobs"])[0]
    assert (one["state"], one["rows_done"], one["run_state"]) == ("completed", 5001, "completed")
    assert cast("dict[str, object]", one["proof"])["remaining"] == 0
    assert re.search(r"^proof: .*remaining 0", cli("cascade", "jobs", "1").out, re.MULTILINE)
    assert cli("cascade", "resume").err == "no job is due\n"
    assert cli("cascade", "resume", "1", "--yes", "--json").error["sqlstate"] == "YD306"


def test_run_is_another_name_of_resume(cli: Cli, big: Connection) -> None:
    assert cli(*REQUEST).code == 0
    result = cli("cascade", "run", "--yes", "--json")
    assert (result.code, result.document["document"]) == (0, "cascade.resume")
    assert left(big) == (1, 1000)


def test_a_second_person_approves(cli: Cli, big: Connection, role: RoleFactory, dsn: str) -> None:
    requested = cli(*REQUEST, "--approval", "--json")
    assert (job(requested)["approval"], job(requested)["state"]) == (True, "requested")
    assert cli("cascade", "resume", "1", "--yes", "--json").error["sqlstate"] == "YD306"
    assert cli("cascade", "resume", "--yes").err == "no job is due\n"
    assert cli("cascade", "approve", "1", "--json").error["sqlstate"] == "YD306"
    second = role("second", "superuser")
    approved = cli(
        "cascade", "approve", "1", "--json", PYDB_DSN=dsn.replace("user=postgres", f"user={second}")
    )
    assert (job(approved)["state"], job(approved)["approved_by"]) == ("approved", second)
    assert cli("cascade", "resume", "--yes").code == 0
    assert left(big) == (1, 1000)


def test_a_job_waits_and_can_be_cancelled(cli: Cli, big: Connection) -> None:
    requested = cli(*REQUEST, "--grace", "1 day")
    assert re.search(r"pydb cascade resume 1, not before \d{4}", requested.out)
    assert cli("cascade", "resume", "1", "--yes", "--json").error["sqlstate"] == "YD306"
    assert job(cli("cascade", "cancel", "1", "--json"))["state"] == "cancelled"
    assert cli("cascade", "cancel", "1").code == 1
    assert "is cancelled" not in cli("cascade", "cancel", "1").out
    assert left(big) == (2, 6000)


def test_the_terms_of_an_entity_hold(cli: Cli, big: Connection) -> None:
    assert cli("entity", "set", "root", "app.root", "--grace", "1 day", "--approval").code == 0
    requested = job(cli("cascade", "delete", "root", "1", "--durable", "--yes", "--json"))
    assert (requested["entity"], requested["approval"]) == ("root", True)
    assert cli("cascade", "resume", "1", "--yes").code == 1


@pytest.mark.parametrize(
    "given",
    [
        ("jobs", "99"),
        ("approve", "99"),
        ("cancel", "99"),
        ("resume", "99", "--yes"),
    ],
)
def test_an_unknown_job(cli: Cli, given: tuple[str, ...]) -> None:
    result = cli("cascade", *given, "--json")
    assert (result.code, result.error["sqlstate"]) == (1, "YD306")
    assert cli("cascade", given[0], "many").code == 64


def test_a_blocked_request_is_refused(cli: Cli, big: Connection) -> None:
    big.execute(
        "create table app.keeper (root_id int references app.root); insert into app.keeper values (1)"
    )
    result = cli(*REQUEST, "--json")
    assert (result.code, result.error["sqlstate"]) == (1, "YD302")
    assert "--edge" in str(result.error["hint"])
    assert listed(cli) == []
    for option in (("--deadline", "1 day"), ("--approval",), ("--grace", "1 day")):
        assert cli("cascade", "delete", "app.root", "1", "--yes", *option).code == 64
    assert left(big) == (2, 6000)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_job_and_the_next_run_goes_on(
    cli: Cli, gate: Connection, wait_for: WaitFor, number: signal.Signals
) -> None:
    assert cli(*REQUEST).code == 0
    process = cli.start("cascade", "resume", "1", "--yes", "--json")
    wait_for(IN_TRIGGER)
    process.send_signal(number)
    result = cli.finish(process)
    assert result.code == 130
    assert result.document["interrupted"] is True
    wait_for(NO_RUN)
    (one,) = listed(cli)
    assert (one["state"], one["run_state"]) == ("started", "cancelled")
    assert one["rows_done"] == 6002 - sum(left(gate))
    gate.execute("delete from app.gate")
    assert cli("cascade", "resume", "--yes").code == 0
    assert left(gate) == (1, 1000)
    assert listed(cli)[0]["rows_done"] == 5001


def test_a_job_of_a_killed_command_goes_on(cli: Cli, gate: Connection, wait_for: WaitFor) -> None:
    assert cli(*REQUEST).code == 0
    process = cli.start("cascade", "resume", "1", "--yes")
    wait_for(IN_TRIGGER)
    process.kill()
    process.communicate()
    gate.execute("delete from app.gate")
    wait_for(NO_RUN)
    again = cli("cascade", "resume", "--yes")
    assert again.code == 0
    assert left(gate) == (1, 1000)


def test_a_signal_leaves_a_delete_undone(cli: Cli, gate: Connection, wait_for: WaitFor) -> None:
    process = cli.start("cascade", "delete", "app.root", "1", "--yes", "--json")
    wait_for(IN_TRIGGER.replace("call%cascade_run", "select%cascade_delete"))
    process.send_signal(signal.SIGINT)
    result = cli.finish(process)
    assert result.code == 130
    assert result.error["message"] == "interrupted"
    assert left(gate) == (2, 6000)


def test_max_runtime_leaves_the_rest_for_the_next(cli: Cli, big: Connection) -> None:
    assert cli(*REQUEST).code == 0
    result = cli("cascade", "resume", "--yes", "--max-runtime", "0 s", "--json")
    assert result.code == 1
    assert [run["state"] for run in cast("list[dict[str, object]]", result.document["runs"])] == ["partial"]
    assert "to go on: pydb cascade resume 1" in cli("cascade", "resume", "--yes", "--max-runtime", "0 s").err
    assert cli("cascade", "resume", "--yes").code == 0
    assert left(big) == (1, 1000)
