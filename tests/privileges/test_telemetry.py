"""Who may make telemetry, have its partitions made, and look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from tests.privileges.conftest import state_of

if TYPE_CHECKING:
    from tests.conftest import Connect, RoleFactory
    from tests.privileges.conftest import Field

DENIED = "42501"
CREATE = "select pydb.telemetry_create('tele')"
RUN = "call pydb.telemetry_run('tele', now() + interval '2 days')"
STATUS = "select * from pydb.telemetry_status()"
RECENT = "select * from pydb.telemetry_recent()"
DROP = "select pydb.telemetry_drop('tele')"
POLICY = (
    "alter table tele.request_telemetry enable row level security;"
    " create policy trap on tele.request_telemetry using (tele.trap())"
)
STATES = "select distinct state from pydb.telemetry_status() where baseline <> 'partitions'"


def test_an_admin_makes_telemetry_and_its_owner_s_runner_its_partitions(
    field: Field, connect: Connect, role: RoleFactory
) -> None:
    app = connect(user=role("app", "in role pydb_app"))
    monitor = connect(user=role("eye", "in role pydb_monitor"))
    assert state_of(field.admin, CREATE) == DENIED  # a schema belongs to the database
    field.db.execute(
        sql.SQL("grant create on database {} to {}").format(
            sql.Identifier(field.db.info.dbname), sql.Identifier(field.admin.info.user)
        )
    )
    for session in (app, monitor, field.runner):
        for statement in (CREATE, DROP):
            assert state_of(session, statement) == DENIED, (session.info.user, statement)
    assert state_of(field.admin, CREATE) is None
    assert state_of(field.admin, RUN) is None
    assert state_of(field.runner, RUN.replace("2 days", "4 days")) == DENIED
    assert state_of(app, RUN) == DENIED
    for session in (monitor, field.runner, field.admin):
        assert state_of(session, STATUS) is None
        assert state_of(session, RECENT) is None
    assert state_of(app, STATUS) == DENIED
    assert state_of(app, RECENT) == DENIED
    # whoever may not read the tables knows nothing, and is told so
    assert monitor.execute(STATES).fetchall() == [("unknown",)]
    field.db.execute("grant usage on schema tele to pydb_monitor")
    field.db.execute("grant select on all tables in schema tele to pydb_monitor")
    assert monitor.execute(STATES).fetchall() == [("few",)]
    assert field.rows("select distinct tableowner::text from pg_tables where schemaname = 'tele'") == [
        (field.admin.info.user,)
    ]
    assert state_of(field.admin, DROP) is None


def test_reading_telemetry_runs_no_code_of_whoever_owns_it(
    field: Field, connect: Connect, role: RoleFactory
) -> None:
    owner = connect(user=role("owner"))
    name = owner.info.user
    field.db.execute("select pydb.telemetry_create('tele')")
    for table in ("request_telemetry", "audit_event", "job_telemetry"):
        for (part,) in field.rows("select relid::text from pg_partition_tree(%s)", f"tele.{table}"):
            field.db.execute(f"alter table {part} owner to {name}".encode())
    field.db.execute(f"grant usage, create on schema tele to {name}".encode())
    found = "select distinct state, problem from pydb.telemetry_status() where baseline = 'p95'"
    assert field.rows(found) == [("few", None)]
    owner.execute(
        sql.SQL(
            "create function tele.trap() returns boolean immutable language plpgsql as $$begin"
            " if current_user <> {} then raise exception 'run as %', current_user; end if;"
            " return true; end$$"
        ).format(sql.Literal(name))
    )
    # each of them would run as whoever looks, and looking is what the publisher does as pydb's owner
    for plant, pull in (
        (
            "alter table tele.request_telemetry add constraint trap check (tele.trap()) not valid",
            "alter table tele.request_telemetry drop constraint trap",
        ),
        ("create index trap on tele.job_telemetry (state) where tele.trap()", "drop index tele.trap"),
        (
            "create index trap on only tele.request_telemetry ((tele.trap()))",
            "drop index tele.trap",
        ),
        (
            POLICY,
            "drop policy trap on tele.request_telemetry; "
            + POLICY.partition(";")[0].replace("enable", "disable"),
        ),
    ):
        owner.execute(plant.encode())
        ((state, problem),) = field.rows(found)
        assert state == "unknown", plant
        looked = field.rows("select problem from pydb.telemetry_recent() where problem is not null")
        assert looked, plant
        assert "run as" not in str(looked), plant
        assert "run as" not in str(problem), plant
        field.db.execute("select pydb_internal.health_watch()")
        assert state_of(field.db, RUN) == "YD040", plant
        owner.execute(pull.encode())
        assert field.rows(found) == [("few", None)]


def test_nobody_writes_to_the_books_but_by_the_routines(field: Field) -> None:
    field.db.execute("select pydb.telemetry_create('tele')")
    for session in (field.runner, field.admin):
        for statement in (
            "insert into pydb.telemetry select * from pydb.telemetry",
            "update pydb.telemetry set name = 'mine'",
            "delete from pydb.telemetry",
        ):
            assert state_of(session, statement) == DENIED, (session.info.user, statement)
    # tables of somebody else are not made an admin's by being named
    assert state_of(field.admin, "select pydb.telemetry_create('tele')") == DENIED
    assert state_of(field.admin, "select pydb.telemetry_create('tele', p_max_p95 => '1 h')") == DENIED
