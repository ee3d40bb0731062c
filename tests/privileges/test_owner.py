"""Schema pydb belongs to a role that may nothing else: its routines check what it cannot see itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydb import migrate
from tests.privileges.conftest import ROLES, ROLES_FILE, TABLES, state_of

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection, RoleFactory
    from tests.servers import Database


def test_an_owner_without_rights_on_the_tables_is_enough(
    database: Database, db: Connection, connect: Connect, role: RoleFactory
) -> None:
    database.roles.extend(ROLES)
    owner = role("owner")
    db.execute("drop schema pydb, pydb_internal, pydb_archive cascade")
    db.execute(f'grant create on database {db.info.dbname} to "{owner}"'.encode())
    migrate.up(f"{database.dsn} user={owner}")
    db.execute(ROLES_FILE.read_bytes())
    db.execute(TABLES.encode())
    admin, runner = (connect(user=role(name, f"in role pydb_{name}")) for name in ("admin", "runner"))

    # what was set by a superuser names tables that the owner may not even see
    found = db.execute("select target_name from pydb.retention_policy where name = 'events'").fetchall()
    assert found == [("shared.event",)]
    admin.execute(
        "select pydb.retention_policy_set('events', 'shared.event', 'at', '20 days', p_fuse_share => 1)"
    )
    runner.execute("call pydb.retention_run('events')")
    db.execute("grant usage on schema victim to pydb_runner")
    db.execute("grant select, delete, insert on all tables in schema victim to pydb_runner")
    db.execute("select pydb.setting_set('orphan_min_age', '0')")
    runner.execute("call pydb.orphan_repair('victim.detail.owner_ref', 'quarantine')")
    audited = db.execute(
        "select a.action, a.arguments ->> 'rows_done' from pydb.audit_log as a"
        " where a.run_id is not null order by a.id"
    ).fetchall()
    assert audited == [("retention_run", "20"), ("orphan_repair", "10")]
    assert runner.execute("select restored from pydb.orphan_restore(2)").fetchall() == [(10,)]

    # a run that the owner cannot see to be alive is closed by who could be its role, and by nobody else
    run = db.execute(
        "select pydb_internal.run_open('retention', 'events', false, null, a.backend_start)"
        " from pg_stat_activity as a where a.pid = pg_backend_pid()"
    ).fetchall()[0][0]
    other = connect()
    close = "select pydb_internal.run_close_interrupted(array[%s]::bigint[])"
    assert state_of(runner, close, run) is None
    state = db.execute("select state from pydb.job_run where id = %s", [run]).fetchall()
    assert state == [("running",)]
    assert other.execute(close, [run]).fetchall() == [(1,)]
