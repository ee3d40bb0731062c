"""What a user sees when it cannot work: three lines, an exit code, no traceback, no password."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import COMMAND

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from tests.conftest import Connection, RoleFactory

COMMANDS = [("policy", "list"), ("retention", "plan"), ("retention", "run", "--yes"), ("retention", "log")]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_not_installed(bare_cli: Cli, empty_dsn: str, command: tuple[str, ...]) -> None:
    result = bare_cli(*command, PYDB_DSN=empty_dsn)
    assert result.code == 64
    assert "pydb is not installed in database" in result.err
    assert "pydb migrate up" in result.err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_missing_privilege(
    cli: Cli, db: Connection, role: RoleFactory, dsn: str, command: tuple[str, ...]
) -> None:
    result = cli(
        *command,
        "--dsn",
        f"{dsn} user={role()}" if "//" not in dsn else dsn.replace("postgres@", f"{role()}@"),
    )
    assert result.code == 77
    assert "pydb: permission denied for schema pydb" in result.err


def test_unreachable_server(bare_cli: Cli, tmp_path: Path) -> None:
    result = bare_cli("policy", "list", "--dsn", f"host={tmp_path} dbname=x", "--json")
    assert result.code == 69
    assert result.error["message"] == "cannot connect to the database"
    assert bare_cli("policy", "list", "--dsn", "host=127.0.0.1 port=1 dbname=x").code == 69


def test_unknown_database(cli: Cli, dsn: str) -> None:
    result = cli("policy", "list", "--dsn", f"{dsn} dbname=no_such_database")
    assert result.code == 69
    assert "no_such_database" in result.err


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:s3cr3t@127.0.0.1:1/x",
        "postgresql://u:s3%zzcr3t@127.0.0.1:1/x",
        "postgresql://u:s3@cr3t@127.0.0.1:1/x",
        "host=127.0.0.1 port=1 password=s3cr3t",
        "host=127.0.0.1 port=1 password=s3cr3t nonsense",
        "password = 's3cr3t",
        "s3cr3t",
        "postgresql://u:p@127.0.0.1:1/x?s3cr3t=1",
    ],
)
def test_a_password_is_never_shown(bare_cli: Cli, text: str) -> None:
    for verbose in ((), ("--verbose",)):
        result = bare_cli("policy", "list", "--json", *verbose, PYDB_DSN=text)
        assert result.code in (64, 69)
        for part in ("s3cr3t", "cr3t", "s3%"):
            assert part not in result.out + result.err


def test_unknown_policy(cli: Cli) -> None:
    for command in (
        ("policy", "show"),
        ("policy", "drop", "--yes"),
        ("retention", "plan"),
        ("retention", "pause"),
    ):
        result = cli(*command, "no such", "--json")
        assert result.code == 64
        assert result.error["sqlstate"] == "YD002"
        assert "no such" in str(result.error["message"])


@pytest.mark.parametrize("name", [b"\xff\xfe", "ü" * 200, "'; drop table pydb.job_run; --", "%s %(name)s {}"])
def test_odd_arguments_are_the_users_mistake(cli: Cli, name: str | bytes) -> None:
    assert cli("policy", "show", name).code == 64
    assert cli("retention", "plan", name).code == 64


@pytest.mark.parametrize(
    "option",
    [
        ("--now", "yesterdayish"),
        ("--max-runtime", "xx"),
        ("--max-runtime", "-1 h"),
        ("--max-rows", "0"),
    ],
)
def test_wrong_values_are_refused_before_anything_is_deleted(cli: Cli, option: tuple[str, str]) -> None:
    result = cli("retention", "run", "--yes", *option)
    assert result.code == 64
    assert result.err.startswith("pydb: ")


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        ("host=x dbnam=y", 'did you mean "dbname"?'),
        ("postgresql://h/d?sslmod=require", 'did you mean "sslmode"?'),
        ("postgresql+psycopg://u:s3cr3t@h/d", "leave out +psycopg"),
        ("postgresql+asyncpg://u:s3cr3t@h/d", "leave out +asyncpg"),
    ],
)
def test_what_is_wrong_with_a_dsn_is_said(bare_cli: Cli, dsn: str, said: str) -> None:
    result = bare_cli("policy", "list", "--dsn", dsn)
    assert result.code == 64
    assert said in result.err
    assert "s3cr3t" not in result.err


def test_a_host_of_the_environment_is_named(bare_cli: Cli) -> None:
    result = bare_cli("policy", "list", PGHOST="no-such-host.invalid")
    assert result.code == 69
    assert "no-such-host.invalid" in result.err


def test_a_full_disk_is_no_defect(cli: Cli) -> None:
    for args in (["policy", "list"], ["policy", "list", "--json"]):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [*COMMAND, *args], stdout=full, stderr=subprocess.PIPE, env=cli.env, check=False, timeout=60
            )
        assert done.returncode == 2
        assert done.stderr.startswith(b"pydb: cannot write the result: ")
        assert b"Exception ignored" not in done.stderr


def test_going_back_without_pydb_is_said(bare_cli: Cli, empty_dsn: str) -> None:
    result = bare_cli("migrate", "down", "--dsn", empty_dsn, "--json")
    assert (result.code, result.error["sqlstate"]) == (64, "YD013")


def test_hints_of_the_command_line_speak_of_its_words(cli: Cli, db: Connection) -> None:
    db.execute("create table customer (id bigint primary key, email text unique)")
    db.execute("insert into customer values (42, 'c42@example.com')")
    other = cli("cascade", "plan", "public.customer", "c42@example.com")
    assert (other.code, "email=c42@example.com" in other.err) == (64, True)
    db.execute('create table "Audit Trail" (id bigint, "customerId" bigint)')
    folded = cli("reference", "set", '"Audit Trail"', "customerId", "customer", "id")
    assert (folded.code, "COLUMNS: '\"customerId\"'" in folded.err) == (64, True), folded.err
    assert "--others takes delete or block" in cli("cascade", "plan", "customer", "1", "--others", "x").err
