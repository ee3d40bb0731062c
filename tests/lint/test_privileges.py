"""Who may do what: nobody by default, and with ops/postgresql/roles.sql each role its own part."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from pydb import sources
from tests.lint import roles, sqltree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Connect, Connection, RoleFactory
    from tests.servers import Database, Servers, TestServer

ROLES: Final = ("pydb_owner", "pydb_admin", "pydb_runner", "pydb_monitor", "pydb_app", "pydb_counsel")
LOOKING: Final = frozenset(
    {"cascade_plan", "cascade_receipt", "doctor", "help", "idempotency_stats", "migrate_check"}
    | {"event_read", "event_status"}
    | {"entity_drift", "reference_suggest", "retention_outlook", "retention_plan", "retention_policy_drift"}
    | {"health", "retention_policy_explain", "retention_row_explain", "space_scan"}
    | {"telemetry_recent", "telemetry_status"}
)
ERASING: Final = frozenset(
    f"erasure_{name}" for name in ("export", "refuse", "replay", "verify", "verify_edges")
)
# what each role may do: the contract; every public routine belongs to somebody
PUBLIC: Final = {
    "pydb_owner": frozenset[str](),
    "pydb_app": frozenset(
        f"idempotency_{name}" for name in ("claim", "complete", "fail", "heartbeat", "notify", "peek")
    )
    | {"degraded_report", "event_publish"},
    "pydb_monitor": LOOKING,
    "pydb_admin": LOOKING
    | ERASING
    | {"retention_pause", "retention_policy_drop", "retention_policy_set", "retention_resume"}
    | {"cascade_approve", "cascade_cancel", "cascade_delete", "cascade_request"}
    | {"audit_note", "audit_seal_run", "audit_verified", "audit_verify"}
    | {"entity_approve", "guard_set", "retention_policy_approve"}
    | {"entity_drop", "entity_set", "guard_allow", "reference_drop", "reference_set"}
    | {"idempotency_peek", "idempotency_prune", "idempotency_reset", "idempotency_resolve"}
    | {"orphan_check", "orphan_close", "schedule_set", "schedule_sync", "setting_set"}
    | {"governor_drop", "governor_set", "window_drop", "window_set"}
    | {"archive_export_run", "archive_keep_set", "archive_purge", "archive_restore", "archive_write_off"}
    | {"degraded_report", "event_prune", "event_publish", "event_run"}
    | {"hold_place", "hold_refuse", "hold_release"}
    | {"telemetry_create", "telemetry_drop", "telemetry_run"},
    "pydb_counsel": LOOKING | {"hold_override", "hold_place", "hold_refuse", "hold_release"},
    "pydb_runner": LOOKING
    | ERASING
    | {"archive_purge", "audit_seal_run", "event_prune", "event_run", "hold_refuse"}
    | {"cascade_cancel", "cascade_delete", "cascade_request", "cascade_run"}
    | {
        "idempotency_prune",
        "orphan_check",
        "orphan_repair",
        "orphan_restore",
        "orphan_scan",
        "orphan_scan_run",
    }
    | {"retention_batch", "retention_export_run", "retention_run", "schedule_prune", "schedule_sync"}
    | {"telemetry_run"},
}


def make_roles(dsn: str) -> None:
    """Run roles.sql, twice."""
    with psycopg.connect(dsn, autocommit=True) as db:
        for _ in range(2):
            db.execute(roles.ROLES_FILE.read_bytes())


@pytest.fixture
def database(request: pytest.FixtureRequest, server: TestServer) -> Iterator[Database]:
    """A fresh database with pydb; for who asks for `with_roles` a copy of what `make_roles` made."""
    if "with_roles" in request.fixturenames:
        realms: Servers = request.getfixturevalue("realms")
        made = realms.get(server.name).database(migrated=True, filling=make_roles)
    else:
        made = server.database(migrated=True)
    with made as fresh:
        yield fresh


@pytest.fixture
def with_roles(db: Connection) -> Connection:
    """A superuser's connection after `make_roles`."""
    return db


def column(connection: Connection, query: str, *arguments: object) -> list[str]:
    return [str(row[0]) for row in connection.execute(query, arguments or None).fetchall()]


def routines_of(connection: Connection, role: str) -> frozenset[str]:
    query = (
        "select p.proname from pg_catalog.pg_proc as p where p.pronamespace = any(%s::regnamespace[])"
        " and has_function_privilege(%s, p.oid, 'EXECUTE')"
    )
    return frozenset(column(connection, query, list(sources.SCHEMAS), role))


def calls_with_nulls(connection: Connection) -> list[sql.Composed]:
    """One call of each routine, every argument a null of its type."""
    found = connection.execute(
        "select p.prokind::text, n.nspname, p.proname, (select coalesce("
        "  array_agg(format('null::%%s', format_type(u.t, null)) order by u.n), '{}')"
        "  from unnest(p.proargtypes) with ordinality as u (t, n))"
        " from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace"
        " where n.nspname = any(%s) and p.prorettype <> 'trigger'::regtype"
        " order by p.proname",
        [list(sources.SCHEMAS)],
    ).fetchall()
    return [
        sql.SQL("{} {}({})").format(
            sql.SQL("call" if kind == "p" else "select"),
            sql.Identifier(schema, name),
            sql.SQL(", ").join(sql.SQL(argument) for argument in arguments),
        )
        for kind, schema, name, arguments in found
    ]


def test_public_has_no_privilege_on_anything(db: Connection) -> None:
    granted = column(
        db,
        "select format('%s %s', a.privilege_type, p.oid::regprocedure) from pg_catalog.pg_proc as p"
        " cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a"
        " where p.pronamespace in ('pydb'::regnamespace, 'pydb_internal'::regnamespace)"
        " and a.grantee = 0"
        " union all select format('%s %s', a.privilege_type, c.oid::regclass) from pg_catalog.pg_class as c"
        " cross join lateral aclexplode(c.relacl) as a"
        " where c.relnamespace in ('pydb'::regnamespace, 'pydb_internal'::regnamespace)"
        " and a.grantee = 0"
        " union all select format('%s %s.%s', a.privilege_type, c.oid::regclass, t.attname)"
        " from pg_catalog.pg_attribute as t join pg_catalog.pg_class as c on c.oid = t.attrelid"
        " cross join lateral aclexplode(t.attacl) as a"
        " where c.relnamespace in ('pydb'::regnamespace, 'pydb_internal'::regnamespace)"
        " and a.grantee = 0"
        " union all select format('%s schema %s', a.privilege_type, n.nspname)"
        " from pg_catalog.pg_namespace as n"
        " cross join lateral aclexplode(n.nspacl) as a"
        " where n.nspname in ('pydb', 'pydb_internal') and a.grantee = 0",
    )
    assert granted == []


def test_everything_has_a_comment(db: Connection) -> None:
    silent = column(
        db,
        "select p.oid::regprocedure::text from pg_catalog.pg_proc as p"
        " where p.pronamespace in ('pydb'::regnamespace, 'pydb_internal'::regnamespace)"
        " and obj_description(p.oid, 'pg_proc') is null"
        " union all select c.oid::regclass::text from pg_catalog.pg_class as c"
        " where c.relnamespace in ('pydb'::regnamespace, 'pydb_internal'::regnamespace)"
        " and c.relkind in ('r', 'p', 'v', 'm')"
        " and obj_description(c.oid, 'pg_class') is null"
        " union all select format('%s.%s', c.oid::regclass, a.attname) from pg_catalog.pg_class as c"
        " join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where c.relnamespace in ('pydb'::regnamespace, 'pydb_internal'::regnamespace)"
        " and c.relkind in ('r', 'p', 'v', 'm')"
        " and col_description(c.oid, a.attnum) is null",
    )
    assert silent == []


def test_an_ordinary_role_is_refused_by_every_routine(
    db: Connection, connect: Connect, role: RoleFactory
) -> None:
    ordinary = role("ordinary")
    db.execute(sql.SQL("grant usage on schema pydb, pydb_internal to {}").format(sql.Identifier(ordinary)))
    connection = connect(user=ordinary)
    calls = calls_with_nulls(db)
    assert len(calls) > 100
    for call in calls:
        with pytest.raises(InsufficientPrivilege, match=r"permission denied for (function|procedure)"):
            connection.execute(call)


def test_an_ordinary_role_reads_and_writes_no_table(
    db: Connection, connect: Connect, role: RoleFactory
) -> None:
    ordinary = role("ordinary")
    db.execute(sql.SQL("grant usage on schema pydb, pydb_internal to {}").format(sql.Identifier(ordinary)))
    connection = connect(user=ordinary)
    query = (
        "select c.relname from pg_catalog.pg_class as c"
        " where c.relnamespace = 'pydb'::regnamespace and c.relkind = any(%s)"
    )
    reading, writing = column(db, query, ["r", "v"]), column(db, query, ["r"])
    assert len(reading) > len(writing) > 5
    statements = [
        ("select 1 from {}", reading),
        ("insert into {} default values", writing),
        ("delete from {}", writing),
    ]
    for statement, names in statements:
        for name in names:
            with pytest.raises(InsufficientPrivilege):
                connection.execute(sql.SQL(statement).format(sql.Identifier("pydb", name)))


def test_each_role_has_exactly_its_public_routines(with_roles: Connection) -> None:
    public = {name for name, file in sqltree.read().routines.items() if not file.is_private}
    for role, expected in PUBLIC.items():
        granted = routines_of(with_roles, role)
        assert {name for name in granted if name in public} == expected, role
    assert frozenset[str]().union(*PUBLIC.values()) == public


def asked_by_python() -> set[str]:
    """Private routines that the package itself calls."""
    routines = sqltree.read().routines
    texts = [path.read_text("utf-8") for path in sources.package_dir().rglob("*.py")]
    named = {name for text in texts for name in re.findall(r'"pydb_internal\.(\w+)"', text)}
    for module in ("db.py", "reads.py"):
        text = (sources.package_dir() / module).read_text("utf-8")
        named |= set(re.findall(r"\bpydb_internal\.(\w+)\(", text))
    return named & set(routines)


def test_each_role_has_the_private_routines_that_its_own_call_and_no_others(with_roles: Connection) -> None:
    tree = sqltree.read()
    views = {name for file in tree.files if file.routine is None for name in file.calls_of_view}
    asked = asked_by_python()
    assert asked
    missing, needless = set(), set()
    for role in ("pydb_monitor", "pydb_admin", "pydb_runner"):
        granted = routines_of(with_roles, role)
        for name in granted:
            needed = frozenset[str]() if tree.routines[name].is_definer else tree.calls(name)
            missing |= {f"{role}: {other}, for {name}" for other in needed - granted}
        missing |= {f"{role}: {other}, for a view" for other in views - granted}
        reached = granted & (PUBLIC[role] | views | asked)
        for start in tuple(reached):
            reached |= tree.reachable(start, through_definer=False)
        needless |= {f"{role}: {name}" for name in granted - reached}
    assert sorted(missing) == []
    assert sorted(needless) == []
    everybody = routines_of(with_roles, "pydb_admin") | routines_of(with_roles, "pydb_runner")
    assert asked - everybody - migration_routines() == set()


def migration_routines() -> set[str]:
    """What only a migration calls, as the owner."""
    return {"objects_register", "objects_remember"}


def test_the_lists_of_calls_are_what_the_calls_say() -> None:
    listed = {name: names for name, names in roles.lists().items() if name.endswith(roles.CALLED)}
    assert listed == roles.called(sqltree.read()), "run: python -m tests.lint.roles"


def test_each_role_has_the_table_privileges_that_its_routines_need(with_roles: Connection) -> None:
    tree = sqltree.read()
    missing = []
    for role in ("pydb_monitor", "pydb_admin", "pydb_runner"):
        for name in sorted(routines_of(with_roles, role)):
            file = tree.routines[name]
            if file.is_definer:
                continue
            for table, privilege in file.touches:
                query = "select has_table_privilege(%s, %s, %s)"
                if column(with_roles, query, role, table, privilege) != ["True"]:
                    missing.append(f"{role}: {name} needs {privilege} on {table}")
    assert missing == []


def test_the_application_role_gets_claims_and_nothing_else(
    with_roles: Connection, connect: Connect, role: RoleFactory
) -> None:
    connection = connect(user=role("app", "in role pydb_app"))
    for call in calls_with_nulls(with_roles):
        if any(f'"{name}"' in call.as_string(connection) for name in PUBLIC["pydb_app"]):
            continue
        refused = r"permission denied for (function|procedure|schema pydb_internal)"
        with pytest.raises(InsufficientPrivilege, match=refused):
            connection.execute(call)


def test_no_role_writes_pydbs_tables_past_the_routines(
    with_roles: Connection, connect: Connect, role: RoleFactory
) -> None:
    query = (
        "select c.relname from pg_catalog.pg_class as c"
        " where c.relnamespace = 'pydb'::regnamespace and c.relkind in ('r', 'v')"
        " and has_table_privilege(%s, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')"
    )
    for name in ROLES:
        kept = {"schedule_claim", "scheduler", "orphan_finding", "orphan_quarantine", "idempotency_key"}
        books = kept if name == "pydb_runner" else set()
        assert set(column(with_roles, query, name)) == books
    admin = connect(user=role("admin", "in role pydb_admin"))
    with pytest.raises(InsufficientPrivilege):
        admin.execute("update pydb.audit_log set actor = 'somebody'")


@pytest.fixture
def target(with_roles: Connection) -> Connection:
    """A table with 100 rows, half of them expired, and a child that references ten of those."""
    with_roles.execute(
        "create table public.event (id bigint primary key, at timestamptz not null, kind text)"
    )
    with_roles.execute("create table public.note (event_id bigint references public.event (id))")
    with_roles.execute(
        "insert into public.event"
        " select i, now() - case when i <= 50 then interval '60 days' else interval '1 day' end, 'a'"
        " from generate_series(1, 100) as i"
    )
    with_roles.execute("insert into public.note select i from generate_series(1, 10) as i")
    with_roles.execute("grant select, delete on public.event to pydb_admin")
    with_roles.execute("grant select, delete, update on public.event to pydb_runner")
    with_roles.execute("grant select on public.event to pydb_monitor")
    with_roles.execute("grant select on public.note to pydb_admin, pydb_runner, pydb_monitor")
    return with_roles


SET_POLICY: Final = (
    "select (pydb.retention_policy_set('old', 'public.event', 'at', '30 days', p_filter => {},"
    " p_schedule => '15 3 * * *')).name"
)


def test_an_admin_defines_and_a_runner_runs(target: Connection, connect: Connect, role: RoleFactory) -> None:
    admin = connect(user=role("admin", "in role pydb_admin"))
    runner = connect(user=role("runner", "in role pydb_runner"))
    assert column(admin, SET_POLICY.format("null")) == ["old"]
    (plan,) = admin.execute("select rows, blocked_rows from pydb.retention_plan('old')").fetchall()
    assert plan == (40, 10)

    runner.execute("call pydb.retention_run('old')")

    state = target.execute("select state, stop_reason, rows_done, actor from pydb.job_run").fetchall()
    assert state == [("partial", "referenced", 40, runner.info.user)]
    assert column(target, "select count(*) from public.event") == ["60"]


def test_a_runner_takes_single_batches_and_keeps_the_books(
    target: Connection, connect: Connect, role: RoleFactory
) -> None:
    runner = connect(user=role("runner", "in role pydb_runner"))
    target.execute(SET_POLICY.format("null"))
    (batch,) = runner.execute("select rows_done, cursor from pydb.retention_batch('old', 20)").fetchall()
    assert batch[0] == 20
    runner.execute("call pydb.schedule_prune()")


def test_an_admin_uses_filters_switches_and_drops(
    target: Connection, connect: Connect, role: RoleFactory
) -> None:
    admin = connect(user=role("admin", "in role pydb_admin"))
    assert column(admin, SET_POLICY.format("$$kind = 'a'$$")) == ["old"]
    for statement in (
        "select pydb.setting_set('retry_limit', '3')",
        "select pydb.retention_pause('old', 'for a test')",
        "select pydb.retention_resume('old')",
        "select pydb.retention_pause()",
        "select pydb.retention_resume()",
        "select action from pydb.audit_log",
        "select pydb.retention_policy_drop('old')",
    ):
        admin.execute(statement)


def test_a_monitor_looks_at_everything(target: Connection, connect: Connect, role: RoleFactory) -> None:
    monitor = connect(user=role("monitor", "in role pydb_monitor"))
    target.execute(SET_POLICY.format("null"))
    assert column(monitor, "select rows from pydb.retention_plan()") == ["40"]
    assert column(monitor, "select policy from pydb.schedule_status where policy is not null") == ["old"]
    assert column(monitor, "select subject from pydb.retention_job_log") == []
    target.execute(
        "insert into pydb.job_run (kind, subject, state, started_at, heartbeat_at, pid)"
        " values ('retention', 'old', 'running', now(), now(), 1)"
    )
    assert column(monitor, "select is_dead from pydb.run_list") == ["True"]
    assert column(monitor, "select state from pydb.migrate_check()") == []
    assert "pydb" in column(monitor, "select component from pydb.doctor()")
    assert column(monitor, "select name from pydb.retention_policy where not builtin") == ["old"]


def test_an_admin_sets_references_and_entities_and_a_monitor_sees_them(
    target: Connection, connect: Connect, role: RoleFactory
) -> None:
    admin = connect(user=role("admin", "in role pydb_admin"))
    monitor = connect(user=role("monitor", "in role pydb_monitor"))
    target.execute("alter table public.note drop constraint note_event_id_fkey")
    assert column(monitor, "select rows from pydb.reference_suggest('public')") == ["10"]
    for statement in (
        "select pydb.reference_set('public.note', '{event_id}', 'public.event', '{id}', 'cascade')",
        "select pydb.entity_set('event', 'public.event', '{\"event_id_ref\": \"delete\"}')",
    ):
        admin.execute(statement.encode())
    assert column(monitor, "select on_delete from pydb.reference_list") == ["cascade"]
    assert column(monitor, "select name from pydb.entity") == ["event"]
    admin.execute("select pydb.entity_drop('event'), pydb.reference_drop('event_id_ref')")


def test_an_admin_requests_and_approves_and_a_runner_runs(
    target: Connection, connect: Connect, role: RoleFactory
) -> None:
    target.execute("grant delete on public.note to pydb_admin, pydb_runner")
    asker, second = (connect(user=role(name, "in role pydb_admin")) for name in ("asker", "second"))
    runner = connect(user=role("runner", "in role pydb_runner"))
    monitor = connect(user=role("monitor", "in role pydb_monitor"))
    arguments = '\'public.event\', \'[{"id": 1}, {"id": 2}]\', \'{"*": "delete"}\''
    assert column(monitor, f"select rows from pydb.cascade_plan({arguments}) order by step") == ["2", "2"]
    request = f"select (pydb.cascade_request({arguments}, p_approval => true)).id"
    (job,) = column(asker, request)
    second.execute(f"select pydb.cascade_approve({job})".encode())
    runner.execute(f"call pydb.cascade_run({job})".encode())
    assert column(monitor, "select rows_done from pydb.cascade_job") == ["4"]
    again = arguments.replace("1", "3").replace("2", "4")
    assert column(asker, f"select done from pydb.cascade_delete({again}) order by step") == ["2", "2"]


@pytest.mark.parametrize(
    ("label", "statement"),
    [
        ("runner", "select pydb.cascade_approve(1)"),
        ("admin", "call pydb.cascade_run(1)"),
        ("monitor", "select pydb.cascade_delete('public.event', '{\"id\": 1}')"),
        ("monitor", "select pydb.cascade_request('public.event', '{\"id\": 1}')"),
        ("runner", "select pydb.reference_drop('a')"),
        ("runner", "select pydb.entity_drop('a')"),
        ("monitor", "select pydb.reference_set('public.note', '{event_id}', 'public.event', '{id}')"),
        ("monitor", "select pydb.entity_set('event', 'public.event')"),
        ("admin", "call pydb.retention_run('old')"),
        ("admin", "select pydb.retention_batch('old')"),
        ("admin", "select pydb_internal.retention_delete(0, 'true', null, false)"),
        ("runner", SET_POLICY.format("null")),
        ("runner", "select pydb.retention_policy_drop('old')"),
        ("runner", "select pydb.retention_pause()"),
        ("runner", "select pydb.setting_set('kill_switch', 'off')"),
        ("runner", "select 1 from pydb.audit_log"),
        ("monitor", "call pydb.retention_run('old')"),
        ("monitor", SET_POLICY.format("null")),
        ("monitor", "select pydb.retention_pause()"),
        ("monitor", "select 1 from pydb.audit_log"),
        ("app", "select 1 from pydb.retention_job_log"),
    ],
)
def test_a_role_is_refused_outside_of_its_part(
    target: Connection, connect: Connect, role: RoleFactory, label: str, statement: str
) -> None:
    target.execute(SET_POLICY.format("null"))
    connection = connect(user=role(label, f"in role pydb_{label}"))
    with pytest.raises(InsufficientPrivilege) as refused:
        connection.execute(statement.encode())
    assert refused.value.sqlstate == "42501"


def test_roles_with_attributes_of_their_own_are_not_adopted(database: Database, db: Connection) -> None:
    database.roles.extend(ROLES)
    db.execute("create role pydb_admin createrole")
    with pytest.raises(psycopg.Error) as refused:
        db.execute(roles.ROLES_FILE.read_bytes())
    assert refused.value.sqlstate == "YD010"
    db.execute("rollback")
    assert column(db, "select rolname from pg_roles where rolname = any(%s)", list(ROLES)) == ["pydb_admin"]
