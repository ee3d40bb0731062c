"""A schema pydb that somebody else made is refused, never adopted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydb import errors, migrate, sources
from pydb.cli import main
from tests.migrations.conftest import planted
from tests.migrations.tree import Tree, has_pydb, rows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Connect, Connection, RoleFactory

HEAD = sources.history()[-1].revision
OURS = (*sources.SCHEMAS, "pydb_archive")

PLANTED = {
    "function": "create function pydb.test_first() returns integer language sql as 'select 666'",
    "view": "create view pydb.test_first as select 666 as x",
    "table": "create table pydb.test_table (id integer)",
    "type": "create type pydb.test_type as enum ('a')",
    "operator": "create operator pydb.=== (leftarg = text, rightarg = text, function = texteq)",
}


FOUND = (
    "function {}.test_first()",
    "operator {}.===(text,text)",
    "table {}.test_table",
    "type {}.test_type",
    "view {}.test_first",
)


def refused(dsn: str, expected: str, **arguments: Tree) -> str:
    """What is told in detail."""
    migrations = arguments["tree"].migrations if arguments else None
    with pytest.raises(errors.SchemaNotOurs, match=expected) as caught:
        migrate.up(dsn, migrations=migrations)
    assert caught.value.sqlstate == "YD010"
    assert caught.value.exit_code == errors.ExitCode.USAGE
    assert caught.value.hint
    return str(caught.value.detail)


def objects(connection: Connection) -> list[tuple[object, ...]]:
    """Everything in our schemas with its owner."""
    return connection.execute(
        "select proname, proowner::regrole::text from pg_proc as p"
        " join pg_namespace as n on n.oid = p.pronamespace where n.nspname = any(%(schemas)s)"
        " union all select relname, relowner::regrole::text from pg_class as c"
        " join pg_namespace as n on n.oid = c.relnamespace where n.nspname = any(%(schemas)s) order by 1, 2",
        {"schemas": list(OURS)},
    ).fetchall()


@pytest.mark.parametrize("schema", OURS)
def test_a_schema_of_an_ordinary_role_is_refused(
    db: Connection, bare: str, role: RoleFactory, connect: Connect, schema: str
) -> None:
    attacker = role("attacker")
    db.execute(f"grant create on database {db.info.dbname} to {attacker}".encode())
    mine = connect(attacker)
    mine.execute(f"create schema {schema}".encode())
    mine.execute(
        f"create function {schema}.setting_set(p_name text, p_value text) returns text"
        " language sql as 'select 1'".encode()
    )
    refused(bare, attacker)
    assert objects(db) == [("setting_set", attacker)]


def test_a_schema_of_an_ordinary_role_with_our_table_is_refused(
    db: Connection, bare: str, role: RoleFactory, connect: Connect
) -> None:
    attacker = role("attacker")
    db.execute(f"grant create on database {db.info.dbname} to {attacker}".encode())
    mine = connect(attacker)
    mine.execute("create schema pydb")
    mine.execute(f"create table pydb.alembic_version as select '{HEAD}'::varchar(32) as version_num".encode())
    refused(bare, attacker)
    assert objects(db) == [("alembic_version", attacker)]


@pytest.mark.parametrize("schema", OURS)
def test_a_schema_without_our_table_is_refused(db: Connection, bare: str, schema: str) -> None:
    db.execute(f"create schema {schema}".encode())
    db.execute(f"create table {schema}.job_run (id integer)".encode())
    refused(bare, f"schema {schema} exists and was not made by pydb")
    assert objects(db) == [("job_run", "postgres")]


def test_a_schema_whose_private_half_is_gone_is_refused(db: Connection, dsn: str) -> None:
    db.execute("drop schema pydb_internal cascade")
    refused(dsn, "has no schema pydb_internal beside it")


def test_a_private_schema_that_another_role_made_anew_is_refused(
    db: Connection, dsn: str, role: RoleFactory, connect: Connect
) -> None:
    attacker = role("attacker")
    db.execute("drop schema pydb_internal cascade")
    db.execute(f"grant create on database {db.info.dbname} to {attacker}".encode())
    connect(attacker).execute("create schema pydb_internal")
    refused(dsn, f"schema pydb_internal belongs to role {attacker}")


def test_a_view_in_the_place_of_our_table_is_refused(db: Connection, bare: str) -> None:
    db.execute("create schema pydb")
    db.execute(f"create view pydb.alembic_version as select '{HEAD}' as version_num".encode())
    refused(bare, "was not made by pydb")


def test_our_table_made_by_another_role_in_a_trusted_schema_is_refused(
    db: Connection, bare: str, role: RoleFactory, connect: Connect
) -> None:
    attacker = role("attacker")
    db.execute("create schema pydb")
    db.execute(f"grant usage, create on schema pydb to {attacker}".encode())
    connect(attacker).execute(
        b"create table pydb.alembic_version as select '0001'::varchar(32) as version_num"
    )
    refused(bare, f"table pydb.alembic_version of {attacker}")


@pytest.fixture(scope="module")
def one_more(seed: Path, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A tree with one revision more than there are, for tests that only read it."""
    tree = planted(seed, tmp_path_factory.mktemp("one_more"), sources.history(seed))
    tree.routine("test_first")
    tree.freeze()
    return tree


@pytest.mark.parametrize("schema", OURS)
def test_an_object_of_another_role_stops_an_upgrade(
    schema: str, dsn: str, one_more: Tree, role: RoleFactory, connect: Connect
) -> None:
    attacker, db = role("attacker"), connect()
    db.execute(f"grant usage, create on schema {schema} to {attacker}".encode())
    planting = connect(attacker)
    for statement in PLANTED.values():
        planting.execute(statement.replace("pydb.", f"{schema}.").encode())
    before, owned = rows(dsn), objects(db)
    # each is found for itself
    found = refused(dsn, f"of {attacker}", tree=one_more)
    assert found.split(", ") == [f"{name.format(schema)} of {attacker}" for name in FOUND]
    assert rows(dsn) == before
    assert objects(db) == owned


def test_an_object_planted_during_an_upgrade_stops_it(
    db: Connection, dsn: str, tree: Tree, role: RoleFactory
) -> None:
    attacker = role("attacker")
    db.execute(f"grant usage, create on schema pydb to {attacker}".encode())
    tree.routine("test_first")
    folder = tree.freeze()
    (folder / sources.UPGRADE).write_text(
        f"set local role {attacker};\n{PLANTED['function']};\nset local role postgres;\n"
    )
    before = rows(dsn)
    refused(dsn, f"of {attacker}", tree=tree)
    assert rows(dsn) == before


def test_an_ordinary_role_installs_into_its_own_schema(
    db: Connection, bare: str, tree: Tree, role: RoleFactory
) -> None:
    owner = role("owner")
    db.execute(f"grant create on database {db.info.dbname} to {owner}".encode())
    as_owner = f"{bare} user={owner}"
    migrate.up(as_owner)
    assert migrate.check(as_owner) == []
    assert {name for _, name in objects(db)} == {owner}

    # another role, even a superuser, is told how to act as the owner
    with pytest.raises(errors.SchemaNotOurs, match=f"PGOPTIONS='-c role={owner}'"):
        migrate.up(bare)
    tree.routine("test_first")
    tree.freeze()
    migrate.up(f"{bare} options='-c role={owner}'", migrations=tree.migrations)
    assert {name for _, name in objects(db)} == {owner}
    migrate.down(as_owner, "base", destroy=True, migrations=tree.migrations)
    assert not has_pydb(bare)


def test_a_role_that_may_not_create_a_schema_is_told_so(bare: str, role: RoleFactory) -> None:
    with pytest.raises(errors.MissingPrivilege, match="permission denied") as caught:
        migrate.up(f"{bare} user={role('nobody')}")
    assert caught.value.exit_code == errors.ExitCode.NO_PRIVILEGE
    assert not has_pydb(bare)


def test_public_may_do_nothing(db: Connection) -> None:
    found = db.execute(
        "select p.oid::regprocedure::text from pg_proc as p,"
        " aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a"
        " where p.pronamespace in ('pydb'::regnamespace, 'pydb_internal'::regnamespace) and a.grantee = 0"
        " union all select c.oid::regclass::text from pg_class as c, aclexplode(c.relacl) as a"
        " where c.relnamespace in ('pydb'::regnamespace, 'pydb_internal'::regnamespace) and a.grantee = 0"
    ).fetchall()
    assert found == []


def test_an_attacker_cannot_hold_up_a_check(db: Connection, dsn: str, role: RoleFactory) -> None:
    with pytest.raises(errors.PydbError):
        migrate.check(f"{dsn} user={role('stranger')}")


def test_the_only_copies_are_not_destroyed_on_one_yes(db: Connection, dsn: str) -> None:
    db.execute("select pydb.idempotency_claim('pay', 'key-1')")
    db.execute(
        "insert into pydb.orphan_quarantine"
        " (run_id, reference, target, target_name, relation, content, types, reason)"
        " select 1, 'x', 1, 'x', 'x', '{}', '{}', 'x' from generate_series(1, 15)"
    )
    for statement in (
        """create table public."rows é" (k int, t timestamptz)""",
        """insert into public."rows é" select i, now() - interval '60 days' from generate_series(1, 7) i""",
        """select pydb.hold_place('h', 'public."rows é"', p_filter => 'k = 3', p_reason => 'r')""",
        """select pydb.retention_policy_set('p', 'public."rows é"', 't', '30 days', p_action => 'archive',
            p_fuse_share => 1)""",
        "call pydb.retention_run('p')",
    ):
        db.execute(statement.encode())
    with pytest.raises(migrate.OnlyCopies) as refused:
        migrate.down(dsn, "base", destroy=True)
    only = ["rows in quarantine: 15", "live idempotency keys: 1", "archived rows: 6", "holds in force: 1"]
    assert refused.value.detail == "; ".join(only)
    with pytest.raises(migrate.OnlyCopies) as refused:
        migrate.down(dsn, "0003", destroy=True)  # which leaves the archives
    assert refused.value.detail == "; ".join([*only[:2], only[3]])
    seen = migrate.down(dsn, "base", dry_run=True).destroys
    assert set(only) <= set(seen)
    with pytest.raises(migrate.WouldDestroy):
        migrate.down(dsn, "base", destroy_data=True)
    assert main(["--dsn", dsn, "migrate", "down", "--to", "base", "--yes"]) == 64
    assert main(["--dsn", dsn, "migrate", "down", "--to", "base", "--destroy-data"]) == 64
    assert db.execute("select count(*) from pydb.orphan_quarantine").fetchone() == (15,)
    assert main(["--dsn", dsn, "migrate", "down", "--to", "base", "--yes", "--destroy-data"]) == 0
    assert db.execute("select to_regnamespace('pydb'), to_regnamespace('pydb_archive')").fetchall() == [
        (None, None)
    ]
