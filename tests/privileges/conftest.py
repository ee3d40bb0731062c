"""A populated database with roles.sql: somebody else's tables, and two who may not touch them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg
import pytest

from pydb import sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Connect, Connection, RoleFactory
    from tests.servers import Database, Servers, TestServer

ROLES_FILE: Final = sources.package_dir().parent / "ops" / "postgresql" / "roles.sql"
ROLES: Final = ("pydb_owner", "pydb_admin", "pydb_runner", "pydb_monitor", "pydb_app", "pydb_counsel")
TABLES: Final = """
create schema victim;
create table victim.secret (id bigint primary key, at timestamptz not null, kind text);
create table victim.detail (id bigint primary key, secret_id bigint);
insert into victim.secret select i, now() - interval '60 days', 'a' from generate_series(1, 50) as i;
insert into victim.detail select i, i from generate_series(1, 60) as i;
create schema shared;
create table shared.event (id bigint primary key, at timestamptz not null);
create table shared.note (id bigint primary key, event_id bigint references shared.event on delete cascade);
insert into shared.event select i, now() - interval '29 days' from generate_series(1, 20) as i;
grant usage on schema shared to pydb_admin, pydb_runner;
grant select, delete on all tables in schema shared to pydb_admin, pydb_runner;
select pydb.retention_policy_set('events', 'shared.event', 'at', '30 days');
select pydb.entity_set('secret', 'victim.secret', p_approval => true, p_grace => '1 day');
select pydb.entity_set('event', 'shared.event', p_approval => true);
select pydb.reference_set('victim.detail', '{secret_id}', 'victim.secret', '{id}', p_name => 'owner_ref');
"""


@dataclass(frozen=True)
class Field:
    """``db`` is a superuser; ``admin`` and ``runner`` log in as members of the role of that name, no more."""

    db: Connection
    admin: Connection
    runner: Connection

    def rows(self, query: str, *arguments: object) -> list[tuple[object, ...]]:
        return self.db.execute(query.encode(), arguments or None).fetchall()

    def one(self, query: str, *arguments: object) -> object:
        ((value,),) = self.rows(query, *arguments)
        return value


def fill(dsn: str) -> None:
    """Make the roles and the tables; the roles stay, and belong to the whole server."""
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(ROLES_FILE.read_bytes())
        db.execute(TABLES.encode())


@pytest.fixture
def database(request: pytest.FixtureRequest, server: TestServer) -> Iterator[Database]:
    """A fresh database with pydb; for who asks for `field` a copy of what `fill` made."""
    if "field" in request.fixturenames:
        realms: Servers = request.getfixturevalue("realms")
        made = realms.get(server.name).database(migrated=True, filling=fill)
    else:
        made = server.database(migrated=True)
    with made as fresh:
        yield fresh


@pytest.fixture
def field(db: Connection, connect: Connect, role: RoleFactory) -> Field:
    return Field(
        db,
        connect(user=role("mal", "in role pydb_admin")),
        connect(user=role("night", "in role pydb_runner")),
    )


def state_of(connection: Connection, statement: str, *arguments: object) -> str | None:
    """SQLSTATE that a statement ends with; None if it does what it should not."""
    try:
        connection.execute(statement.encode(), arguments or None)
    except psycopg.Error as error:
        return error.sqlstate
    return None
