"""H12: a database with pydb and its grants is dumped and restored: it is as it was, and runs."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import psycopg
import psycopg.conninfo

from tests.privileges.conftest import Field, state_of

if TYPE_CHECKING:
    from tests.servers import Servers, TestServer

# owners, grants, security definer and settings of all that pydb has
OBJECTS: Final = """
with thing as (
    select format('%s.%s %s', n.nspname, c.relname, c.relkind) as name, c.relowner as owner,
        coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))
            as acl,
        c.reloptions::text as more
    from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('pydb', 'pydb_internal')
    union all
    select p.oid::regprocedure::text, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)),
        format('%s %s', p.prosecdef, p.proconfig)
    from pg_proc as p inner join pg_namespace as n on n.oid = p.pronamespace
    where n.nspname in ('pydb', 'pydb_internal')
    union all
    select n.nspname, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner)), null
    from pg_namespace as n where n.nspname in ('pydb', 'pydb_internal')
)

select t.name, pg_get_userbyid(t.owner), array(select a::text from unnest(t.acl) as a order by 1), t.more
from thing as t order by t.name
"""


def test_a_restored_database_has_owners_and_grants_and_runs(
    field: Field, dsn: str, server: TestServer, realms: Servers
) -> None:
    with realms.get(server.name).database(migrated=False) as empty:  # the roles are there
        restored(field, dsn, empty.dsn, server)


def restored(field: Field, dsn: str, empty_dsn: str, server: TestServer) -> None:
    """Dump the field into an empty database, and compare."""
    field.db.execute(
        "select pydb.retention_policy_set('events', 'shared.event', 'at', '20 days', p_fuse_share => 1)"
    )
    field.db.execute("select pydb.guard_allow('where it lives')")
    dump = subprocess.run([str(server.bin_dir / "pg_dump"), "-Fc", dsn], capture_output=True, check=True)
    restore = [str(server.bin_dir / "pg_restore"), "--exit-on-error", "-d", empty_dsn]
    done = subprocess.run(restore, input=dump.stdout, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    name = psycopg.conninfo.conninfo_to_dict(empty_dsn)["dbname"]
    runner, admin = (
        psycopg.connect(psycopg.conninfo.make_conninfo(empty_dsn, user=session.info.user), autocommit=True)
        for session in (field.runner, field.admin)
    )
    with psycopg.connect(empty_dsn, autocommit=True) as db, runner, admin:
        assert db.info.dbname == name
        there = db.execute(OBJECTS.encode()).fetchall()
        assert there == field.rows(OBJECTS)
        assert len(there) > 500
        # who could do nothing here can do nothing there; and nothing goes before somebody has said so
        for session in (runner, admin):
            assert state_of(session, "delete from pydb.audit_log") == "42501"
        assert state_of(runner, "call pydb.retention_run('events')") == "YD840"
        assert state_of(runner, "select pydb.guard_allow('mine')") == "42501"
        assert state_of(admin, "select pydb.guard_allow('the dump of this test')") is None
        assert state_of(runner, "call pydb.retention_run('events')") is None
        assert db.execute("select count(*) from shared.event").fetchone() == (0,)
        assert db.execute(
            "select state, rows_done from pydb.job_run order by id desc limit 1"
        ).fetchone() == (
            "completed",
            20,
        )
        # the new log goes on where the old one ended
        db.execute("call pydb.audit_seal_run()")
        assert admin.execute("select * from pydb.audit_verify()").fetchall() == []
