"""What owners of tables, and members of our roles, try: their code gets no more rights than the run has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import psycopg
import pytest

from tests.privileges.conftest import Field, state_of

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection, RoleFactory

RUN: Final = "call pydb.retention_run('theirs')"
SUPERUSERS: Final = (
    "select count(*) from pg_roles where rolsuper and rolname <> 'postgres' and rolname not like 'pg\\_%%'"
)
# as a trigger may: it takes off the role that was set, and takes what it likes
EVIL: Final = """
create function own.evil() returns trigger language plpgsql as $$
begin
    begin
        execute 'reset role';
        execute format('alter role %I superuser', tg_argv[0]);
    exception when others then
        insert into own.said values (sqlstate, current_user, session_user);
    end;
    return old;
end $$;
"""


@pytest.fixture
def dbo(field: Field, connect: Connect, role: RoleFactory) -> Connection:
    """The owner of a table with a policy of an admin's, who is nobody else."""
    name = role("dbo")
    field.db.execute(f'create schema own authorization "{name}"'.encode())
    session = connect(user=name)
    session.execute("create table own.event (id bigint primary key, at timestamptz not null, kind text)")
    session.execute("create table own.said (state text, who text, login text)")
    session.execute("grant insert on own.said to public")
    session.execute(
        "insert into own.event select i, now() - (i || ' days')::interval, 'a'"
        " from generate_series(1, 100) as i"
    )
    session.execute("grant usage on schema own to pydb_admin, pydb_runner")
    session.execute("grant select, delete on own.event to pydb_admin, pydb_runner")
    made = "select pydb.retention_policy_set('theirs', 'own.event', 'at', '60 days')"
    assert state_of(field.admin, made) is None
    return session


@pytest.mark.parametrize("when", ["row", "statement", "deferred"])
def test_a_trigger_of_the_owner_gets_no_further_than_the_runner(
    field: Field, dbo: Connection, when: str
) -> None:
    dbo.execute(EVIL.encode())
    kinds = {
        "row": "create trigger t before delete on own.event for each row",
        "statement": "create trigger t after delete on own.event for each statement",
        "deferred": "create constraint trigger t after delete on own.event"
        " deferrable initially deferred for each row",
    }
    dbo.execute(f"{kinds[when]} execute function own.evil('{dbo.info.user}')".encode())
    state_of(field.runner, RUN)
    said = field.rows("select distinct state, login from own.said")
    assert said in ([("42501", field.runner.info.user)], [])
    assert field.one(SUPERUSERS) == 0
    if when != "statement" or said:
        assert field.one("select count(*) > 0 from own.said") is True


def test_names_in_front_of_ours_are_not_called(field: Field, dbo: Connection) -> None:
    dbo.execute("create function own.f() returns timestamptz language plpgsql as $$"
                " begin insert into own.said values ('called', current_user, session_user);"
                " return pg_catalog.now() + interval '90 days'; end $$")  # fmt: skip
    for name in ("now()", "clock_timestamp()", "statement_timestamp()"):
        dbo.execute(
            f"create function own.{name} returns timestamptz language sql as 'select own.f()'".encode()
        )
    dbo.execute(
        "create function own.lt(timestamptz, timestamptz) returns boolean language plpgsql as $$"
        " begin insert into own.said values ('operator', current_user, session_user); return true; end $$"
    )
    dbo.execute("create operator own.< (leftarg = timestamptz, rightarg = timestamptz, function = own.lt)")
    dbo.execute("create table own.retention_policy (name text)")
    dbo.execute("grant execute on all functions in schema own to public")
    for session in (field.runner, field.admin, field.db):
        session.execute("set search_path = own, pg_catalog, pg_temp")
        session.execute("create temporary table retention_policy (name text)")
    field.admin.execute("select * from pydb.retention_plan('theirs')")
    field.db.execute("select * from pydb.doctor()")
    assert state_of(field.runner, RUN) is None
    assert field.rows("select * from own.said") == []
    assert (
        field.one("select count(*) from own.event") == 59 or field.one("select count(*) from own.event") == 60
    )


def test_an_index_expression_of_the_owner_runs_as_whoever_deletes_and_no_more(
    field: Field, dbo: Connection
) -> None:
    dbo.execute(
        "create function own.key(text) returns text language plpgsql immutable as $$ begin"
        " if current_user <> 'nobody' then"
        f" begin execute 'alter role \"{dbo.info.user}\" superuser'; exception when others then null; end;"
        " end if; return $1; end $$"
    )
    dbo.execute("create index on own.event (own.key(kind)) where own.key(kind) is not null")
    state_of(field.runner, RUN)
    field.admin.execute("select * from pydb.retention_plan('theirs')")
    assert field.one(SUPERUSERS) == 0


def test_who_may_not_read_a_table_is_not_told_whether_a_row_is_there(
    field: Field, connect: Connect, role: RoleFactory
) -> None:
    """The same words for a key that is there and one that is not: in looks, deletes and holds."""
    field.db.execute(
        b"""select pydb.entity_drop('secret');
        select pydb.retention_policy_set('secrets', 'victim.secret', 'at', '30 days');
        select pydb.hold_place('case 7', 'victim.secret', '{"id": 7}', p_reason => 'r')"""
    )
    number = field.one("select 'victim.secret'::regclass::oid")
    table = f"{number}::oid::regclass"  # its name cannot be read by who has no right on its schema
    people = [
        *(field.admin, field.runner, connect(user=role("looks", "in role pydb_monitor"))),
        connect(user=role("counsel", "in role pydb_counsel")),
    ]
    asks = (
        "pydb.retention_row_explain('secrets', '{\"id\": %s}')",
        f"pydb.cascade_plan({table}, '{{\"id\": %s}}')",
        f"pydb.cascade_delete({table}, '{{\"id\": %s}}')",
        f"pydb.cascade_request({table}, '{{\"id\": %s}}')",
        "pydb.orphan_check('owner_ref', 'id = %s')",
        f"pydb.hold_place('mine', {table}, '{{\"id\": %s}}', p_reason => 'r')",
    )
    for ask in asks:
        for who in people:
            said = set()
            for key in (7, 8, 5000):
                with pytest.raises(psycopg.Error) as refused:
                    who.execute(f"select * from {ask.replace('%s', str(key))}".encode())
                diag = refused.value.diag
                said.add((diag.sqlstate, diag.message_primary, diag.message_detail, diag.message_hint))
            assert len(said) == 1, (who.info.user, ask, said)
            assert next(iter(said))[0] in ("YD005", "42501")
    for who in people:
        assert who.execute("select problem, hint from pydb.hold_status").fetchall() == [(None, None)]


def test_no_value_of_a_row_is_in_what_is_logged(field: Field, dbo: Connection) -> None:
    dbo.execute("update own.event set kind = 'secret@example.com'")
    dbo.execute(
        "create function own.no() returns trigger language plpgsql as $$ begin"
        " raise exception 'not this one'; end $$"
    )
    dbo.execute(
        "create trigger t before delete on own.event"
        " for each row when (old.id = 77) execute function own.no()"
    )
    state_of(field.runner, RUN)
    logged = "select count(*) from pydb.{0} as l where l::text like '%%secret@%%'"
    assert [field.one(logged.format(name)) for name in ("job_run", "audit_log")] == [0, 0]


def test_evidence_is_neither_edited_nor_shortened_by_who_decides(field: Field) -> None:
    field.db.execute("call pydb.audit_seal_run()")
    for table in (
        "audit_log",
        "audit_seal",
        "audit_head",
        "guard_server",
        "guard_subject",
        "job_run",
        "erasure",
    ):
        for session in (field.admin, field.runner):
            for statement in (
                f"delete from pydb.{table}",
                f"truncate pydb.{table}",
                f"insert into pydb.{table} default values",
                f"alter table pydb.{table} disable trigger all",
                f"drop table pydb.{table}",
            ):
                assert state_of(session, statement) == "42501", statement
    for statement in (
        "update pydb.audit_log set actor = 'nobody'",
        "update pydb.audit_seal set rows = 0",
        "update pydb.audit_head set block = 0",
        "update pydb.guard_subject set approved_version = version",
        "select setval('pydb.audit_log_id_seq', 1)",
        "select pydb_internal.audit_add('x', 'y', '{}', null)",
        "select pydb_internal.guard_remember(true)",
        "select pydb_internal.guard_approve('policy', 'events', '1', null, null)",
        "set session_replication_role = replica",
        "set session authorization postgres",
    ):
        assert state_of(field.admin, statement) == "42501", statement
    assert field.rows("select * from pydb.audit_verify()") == []


@pytest.mark.parametrize("seen", ["edited", "deleted"])
def test_who_decides_is_told_where_evidence_was_changed_that_he_may_not_change(
    field: Field, connect: Connect, seen: str
) -> None:
    """F14: his own attempts fail; what somebody mightier did is found by him, at the first row of it."""
    for name in ("events", "events", "events"):
        assert state_of(field.admin, f"select pydb.retention_pause('{name}', 'r')") is None
        assert state_of(field.admin, f"select pydb.retention_resume('{name}')") is None
    field.db.execute("call pydb.audit_seal_run()")
    ids = [row[0] for row in field.rows("select id from pydb.audit_log order by id")]
    for statement in (
        f"update pydb.audit_log set actor = 'nobody' where id = {ids[2]}",
        f"delete from pydb.audit_log where id >= {ids[-1]}",
        "truncate pydb.audit_log, pydb.audit_seal",
    ):
        assert state_of(field.admin, statement) == "42501", statement
    assert field.admin.execute("select * from pydb.audit_verify()").fetchall() == []
    mighty = connect()
    mighty.execute("set session_replication_role = replica")
    for number in (ids[2], ids[4]):
        mighty.execute({
            "edited": f"update pydb.audit_log set actor = 'nobody' where id = {number}",
            "deleted": f"delete from pydb.audit_log where id = {number}",
        }[seen].encode())  # fmt: skip
    found = field.admin.execute("select finding, audit_id from pydb.audit_verify()").fetchall()
    assert found[0] == (seen, ids[2])
    assert field.rows("select status, reason_code from pydb.health('{audit}')") == [("error", "audit_broken")]


def test_who_may_not_say_so_does_not_let_a_held_database_delete(field: Field) -> None:
    field.db.execute("select pydb.guard_allow('this one')")
    field.db.execute("update pydb.guard_server set database_oid = 1")
    run = "call pydb.retention_run('events')"
    assert state_of(field.runner, run) == "YD840"
    assert state_of(field.runner, "select pydb.guard_allow('I want to')") == "42501"
    # it is taken up by the run, which is told nothing by its caller
    assert state_of(field.runner, "select pydb_internal.guard_admit()") is None
    assert state_of(field.runner, run) == "YD840"
    assert state_of(field.admin, "select pydb.guard_allow('moved')") is None
    assert state_of(field.runner, run) != "YD840"


@pytest.mark.parametrize("call", ["pydb.event_run()", "pydb.audit_seal_run()", "pydb.schedule_prune()"])
def test_a_type_of_others_in_the_path_is_not_that_of_a_procedure(db: Connection, call: str) -> None:
    db.execute("create schema theirs")
    db.execute(
        "create function theirs.evil() returns boolean language plpgsql as"
        " $$ begin raise exception using errcode = 'EV001'; end $$"
    )
    for name in ("timestamptz", "text", "jsonb", "xid8", "float8", "int4", "int8", "bool", "name"):
        db.execute(f"create domain theirs.{name} as pg_catalog.{name} check (theirs.evil())".encode())
    db.execute("set search_path = theirs, pg_catalog")
    assert state_of(db, f"call {call}") is None
