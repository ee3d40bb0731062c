"""With ops/postgresql/roles.sql: a runner scans and repairs, an admin closes, a monitor looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from psycopg.errors import InsufficientPrivilege

from pydb import sources

if TYPE_CHECKING:
    from tests.conftest import RoleFactory
    from tests.orphans.lab import Lab
    from tests.servers import Database

ROLES_FILE: Final = sources.package_dir().parent / "ops" / "postgresql" / "roles.sql"
ROLES: Final = ("pydb_owner", "pydb_admin", "pydb_runner", "pydb_monitor", "pydb_app", "pydb_counsel")


@pytest.fixture
def shop_with_roles(shop: Lab, database: Database) -> Lab:
    """The shop after roles.sql; runner and admin may use its tables."""
    database.roles.extend(ROLES)
    shop.db.execute(ROLES_FILE.read_bytes())
    shop.do(
        "grant usage on schema app to pydb_runner, pydb_admin;"
        "grant select, insert, update, delete on all tables in schema app to pydb_runner"
    )
    return shop


def test_a_runner_scans_repairs_and_restores(shop_with_roles: Lab, role: RoleFactory) -> None:
    runner = shop_with_roles.session(role("runner", "in role pydb_runner"))
    (row,) = shop_with_roles.scan(db=runner).values()
    assert row["orphans"] == 10
    assert shop_with_roles.run(db=runner).end == ("completed", "exhausted")
    for mode, done in (("quarantine", 10), ("nullify", 0)):
        call = shop_with_roles.repair("parent_id_ref", db=runner, mode=mode)
        assert (call.end, call.run["rows_done"]) == (("completed", "exhausted"), done)
    run = runner.execute("select run_id from pydb.orphan_quarantine limit 1").fetchone()
    restored = runner.execute("select restored from pydb.orphan_restore(%s)", run).fetchall()
    assert restored == [(10,)]
    shop_with_roles.old()
    assert shop_with_roles.repair("parent_id_ref", db=runner).run["rows_done"] == 10


def test_an_admin_who_owns_the_table_closes(shop_with_roles: Lab, role: RoleFactory) -> None:
    name = role("admin", "in role pydb_admin")
    shop_with_roles.repair("parent_id_ref")
    shop_with_roles.do(
        f"grant create on schema app to {name}; alter table app.child owner to {name};"
        f"grant references, select on app.parent to {name}"
    )
    admin = shop_with_roles.session(name)
    admin.execute("call pydb.orphan_close('parent_id_ref')")
    found = shop_with_roles.rows("select kind, is_valid from pydb.reference_list")
    assert found == [("declared", True)]
    with pytest.raises(InsufficientPrivilege):
        admin.execute("select pydb.orphan_scan()")


def test_a_monitor_reads_findings_and_neither_scans_nor_sees_the_quarantine(
    shop_with_roles: Lab, role: RoleFactory
) -> None:
    monitor = shop_with_roles.session(role("monitor", "in role pydb_monitor"))
    shop_with_roles.scan()
    assert monitor.execute("select orphans from pydb.orphan_list").fetchall() == [(10,)]
    assert monitor.execute("select complete, orphans from pydb.orphan_coverage").fetchall() == [(1, 10)]
    for statement in (
        b"select pydb.orphan_scan()",
        b"call pydb.orphan_scan_run()",
        b"call pydb.orphan_repair('parent_id_ref')",
        b"select pydb.orphan_restore(1)",
        b"call pydb.orphan_close('parent_id_ref')",
        b"select 1 from pydb.orphan_quarantine",
        b"delete from pydb.orphan_finding",
    ):
        with pytest.raises(InsufficientPrivilege):
            monitor.execute(statement)
