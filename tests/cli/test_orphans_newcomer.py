"""Somebody's first evening with ``pydb orphans``, with the roles of roles.sql alone; hints are commands."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, cast

import pytest
from psycopg.conninfo import make_conninfo

from tests.privileges.conftest import ROLES, ROLES_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Cli, Result
    from tests.conftest import Connection, RoleFactory
    from tests.servers import Database

    Typed = Callable[..., Result]

NAME = "app.note.customer_id_ref"


@pytest.fixture
def new(cli: Cli, database: Database, db: Connection, role: RoleFactory) -> Typed:
    """The command as a member of pydb_admin and pydb_runner who may read and delete what he looks after."""
    database.roles.extend(ROLES)
    db.execute(ROLES_FILE.read_bytes())
    name = role("evening", "in role pydb_admin, pydb_runner")
    db.execute(
        f"""create schema if not exists app; create table app.customer (id int primary key);
        create table app.note (id int primary key, customer_id int not null);
        insert into app.customer select generate_series(1, 50);
        insert into app.note select i, (i - 1) % 50 + 1 from generate_series(1, 200) as i;
        update app.note set customer_id = 1000 where id > 197;
        select pydb.setting_set('orphan_min_age', '0');
        grant usage on schema app to {name}; grant select on all tables in schema app to {name};
        analyze""".encode()
    )
    dsn = make_conninfo(database.dsn, user=name)
    return lambda *words, **env: cli(*words, **{"PYDB_DSN": dsn, **env})


def hint(result: Result) -> str:
    return cast("str", result.error["hint"])


def typed(new: Typed, line: str) -> Result:
    """What a hint says, typed."""
    words = shlex.split(line.partition("; ")[0])
    assert words[0] == "pydb", line
    return new(*words[1:])


def test_from_the_first_look_to_the_key(new: Typed, db: Connection) -> None:
    (found,) = cast("list[dict[str, str]]", new("reference", "suggest", "--json").document["suggestions"])
    assert (found["child"], found["parent"]) == ("app.note", "app.customer")
    refused = new("orphans", "scan", "customer_id_ref", "--json")
    assert hint(refused).startswith("pydb reference list")
    assert new("reference", "set", "app.note", "customer_id", "app.customer", "id").code == 0
    assert new("orphans", "scan", "--json").code == 1
    # the reference says nothing of orphans, and no role of pydb may delete somebody's rows
    refused = new("orphans", "repair", NAME, "--yes")
    assert f"pydb orphans repair {NAME} --mode quarantine" in refused.err, refused
    refused = new("orphans", "repair", NAME, "--mode", "quarantine", "--yes", "--json")
    grant = str(refused.document)
    assert "grant delete on app.note to" in grant, grant
    db.execute(f"grant delete, insert on app.note to {login(db)}".encode())
    done = new("orphans", "repair", NAME, "--mode", "quarantine", "--yes", "--json")
    (run,) = cast("list[dict[str, object]]", done.document["runs"])
    assert (done.code, run["rows_done"]) == (0, 3)
    assert new("orphans", "restore", str(run["id"])).code == 0
    # close: nobody but the owner of the table adds a key
    refused = new("orphans", "close", NAME, "--yes", "--json")
    assert (refused.code, refused.error["sqlstate"]) == (77, "YD005")
    assert hint(refused) == f"PGOPTIONS='-c role=postgres' pydb orphans close {NAME} --yes --json"


def login(db: Connection) -> str:
    row = db.execute("select rolname from pg_roles where rolname like '%evening%'").fetchone()
    assert row is not None
    return str(row[0])


def test_a_key_that_is_refused_says_what_to_type(cli: Cli, new: Typed, db: Connection) -> None:
    db.execute("select pydb.reference_set('app.note', '{customer_id}', 'app.customer', '{id}')")
    refused = cli("orphans", "close", NAME, "--yes", "--json")
    assert (refused.code, refused.error["sqlstate"]) == (1, "YD407")
    assert hint(refused).startswith(f"pydb orphans repair {NAME} --dry-run")
    mode = typed(cli, hint(refused))
    assert (mode.code, f"pydb orphans repair {NAME} --mode" in mode.err) == (1, True), mode
    refused = cli("orphans", "repair", NAME, "--mode", "nullify", "--yes")
    assert f"pydb orphans repair {NAME} --mode quarantine" in refused.err
    assert "call pydb." not in refused.out + refused.err
    refused = cli("orphans", "restore", "4711", "--json")
    assert hint(refused) == "pydb runs list --kind orphans"
    assert typed(cli, hint(refused)).code == 0


def test_nobody_is_sent_to_another_tool(new: Typed, db: Connection) -> None:
    db.execute('create table app."it\'s" (id int primary key, c int)')
    db.execute("select pydb.reference_set('app.\"it''s\"', '{c}', 'app.customer', '{id}')")
    db.execute('insert into app."it\'s" values (1, 4711)')
    refused = new("orphans", "scan", "--max-runtime", "-1 s", "--json")
    assert "--max-runtime" in str(refused.error)
    for words in (("close",), ("repair", "--mode", "quarantine"), ("repair",)):
        said = new("orphans", words[0], 'app."it\'s".c_ref', *words[1:], "--yes")
        assert said.code in (1, 77), said
        assert "call pydb." not in said.err, said.err
