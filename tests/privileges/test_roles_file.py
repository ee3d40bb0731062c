"""roles.sql takes no role that somebody else has made more of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.privileges.conftest import ROLES, ROLES_FILE

if TYPE_CHECKING:
    from tests.conftest import Connection, RoleFactory
    from tests.servers import Database


def test_a_role_that_is_a_member_of_another_is_refused(
    database: Database, db: Connection, role: RoleFactory
) -> None:
    powerful = role("powerful")
    database.roles.extend(ROLES)
    db.execute("create role pydb_monitor")
    db.execute(f'grant "{powerful}" to pydb_monitor'.encode())
    with pytest.raises(psycopg.Error) as refused:
        db.execute(ROLES_FILE.read_bytes())
    assert refused.value.sqlstate == "YD010"
    assert powerful in str(refused.value)
    db.execute("rollback")
    assert db.execute("select 1 from pg_roles where rolname = 'pydb_admin'").fetchall() == []

    db.execute("set pydb.accept_roles = on")
    db.execute(ROLES_FILE.read_bytes())
    db.execute("reset pydb.accept_roles")
    # what it was found with, and what it was given since, is no surprise any more
    db.execute(ROLES_FILE.read_bytes())


@pytest.mark.parametrize("attribute", ["login", "createrole", "bypassrls", "replication"])
def test_a_role_with_an_attribute_of_its_own_is_refused(
    database: Database, db: Connection, attribute: str
) -> None:
    database.roles.extend(ROLES)
    db.execute(f"create role pydb_app {attribute}".encode())
    with pytest.raises(psycopg.Error) as refused:
        db.execute(ROLES_FILE.read_bytes())
    assert refused.value.sqlstate == "YD010"


def test_members_are_named(database: Database, db: Connection, role: RoleFactory) -> None:
    plain = role("plain")
    database.roles.extend(ROLES)
    db.execute("create role pydb_runner")
    db.execute(f'grant pydb_runner to "{plain}"'.encode())
    said: list[str] = []
    db.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
    db.execute(ROLES_FILE.read_bytes())
    assert f"members of pydb_runner: {plain}" in said
