"""What is stored as the owner is checked as whoever wants it: private routines give nobody more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.privileges.conftest import state_of

if TYPE_CHECKING:
    from tests.privileges.conftest import Field

DRAFT = "select pydb_internal.draft_add('{}', {})"
SECRET = "'victim.secret'::regclass::oid"
EVENT = "'shared.event'::regclass::oid"
POLICY = (
    "jsonb_build_object('allow_short', {short}, 'policy', jsonb_build_object('name', 'mine', 'target',"
    " {target}, 'target_name', 'shared.note', 'time_column', 'at', 'keep', '{keep}', 'timezone', 'UTC',"
    " 'action', 'delete',"
    " 'on_referenced', 'skip', 'strategy', 'auto', 'fuse_share', 1, 'enabled', true,"
    " 'expire_minus_infinity', false, 'expire_implausible', false, 'author', 'postgres', 'builtin', true))"
)
JOB = (
    "jsonb_build_object('root', {root}, 'keys', '[{{\"id\": 1}}]'::jsonb, 'approval', false, 'grace', '0',"
    " 'allow_unindexed', true, 'plan', '[]'::jsonb, 'rows_planned', 1, 'not_before', '-infinity')"
)


@pytest.mark.parametrize(
    "call",
    [
        "retention_policy_store(1)",
        "reference_store(1)",
        "entity_store(1)",
        "cascade_job_store(1)",
        "cascade_approval_store(1)",
        "retention_policy_store(null)",
    ],
)
def test_a_store_routine_stores_nothing_that_was_not_checked(field: Field, call: str) -> None:
    assert state_of(field.admin, f"select pydb_internal.{call}") == "YD005"


def test_the_checks_are_those_of_the_public_routine(field: Field) -> None:
    refused = {
        "a table that he may not read": DRAFT.format(
            "retention_policy", POLICY.format(short="false", target=SECRET, keep="30 days")
        ),
        "a keep below the floor": DRAFT.format(
            "retention_policy", POLICY.format(short="false", target=EVENT, keep="1 second")
        ),
        "a job on rows that he may not delete": DRAFT.format("cascade_job", JOB.format(root=SECRET)),
        "a reference from somebody's table": DRAFT.format(
            "reference",
            "jsonb_build_object('child', 'victim.detail'::regclass::oid, 'child_columns', '{id}'::name[],"
            f" 'parent', {EVENT}, 'parent_columns', '{{id}}'::name[], 'on_delete', 'cascade')",
        ),
        "an entity on somebody's table": DRAFT.format(
            "entity", f"jsonb_build_object('name', 'mine', 'root', {SECRET}, 'edges', '{{}}'::jsonb)"
        ),
    }
    # the numbers of the tables are no secret; their names could not be read by who may not use the schema
    ids = field.rows(
        "select quote_literal(c.oid::regclass::text), c.oid from pg_class as c"
        " where c.relnamespace::regnamespace::text in ('victim', 'shared') and c.relkind = 'r'"
    )
    for what, named in refused.items():
        statement = named
        for name, number in ids:
            statement = statement.replace(f"{name}::regclass::oid", f"{number}::oid")
        assert state_of(field.admin, statement) in {"YD005", "YD101", "42501"}, what
    assert field.one("select count(*) from pydb_internal.draft") == 0


def test_what_is_stored_is_looked_up_and_not_believed(field: Field) -> None:
    short = POLICY.format(short="false", target=EVENT, keep="30 days").replace(
        "'mine'", "'mine', 'filter', 'id > 0'"
    )
    field.admin.execute(
        f"select pydb_internal.retention_policy_store({DRAFT[7:].format('retention_policy', short)})".encode()
    )
    me = field.admin.info.user
    assert field.rows(
        "select target_name, author, builtin from pydb.retention_policy where name = 'mine'"
    ) == [("shared.event", me, False)]
    assert (
        field.one(
            "select arguments ->> 'allow_short' from pydb.audit_log where action = 'retention_policy_set'"
            " and subject = 'mine'"
        )
        == "false"
    )
    job = DRAFT[7:].format("cascade_job", JOB.format(root=EVENT))
    field.admin.execute(f"select pydb_internal.cascade_job_store({job})".encode())
    ((approval, planned, by, steps),) = field.rows(
        "select approval, rows_planned, requested_by, jsonb_array_length(plan) from pydb.cascade_job"
    )
    assert (approval, planned, by, steps) == (True, 1, me, 2)


def test_a_draft_is_of_its_transaction_and_its_role(field: Field) -> None:
    # one that a superuser left behind, and one that claims to be his
    field.db.execute(b"select pydb_internal.draft_add('cascade_approval', '{\"job\": 1}')")
    left = field.one("select id from pydb_internal.draft")
    assert state_of(field.admin, "select pydb_internal.cascade_approval_store(%s)", left) == "YD005"
    field.admin.execute(b"select pydb.cascade_request('shared.event', '{\"id\": 1}')")
    field.admin.execute(b"begin")
    field.admin.execute(
        b"insert into pydb_internal.draft (kind, content, role, author, author_role, xid)"
        b" values ('cascade_approval', '{\"job\": 1}', 10, 'postgres', 10, '3')"
    )
    approve = "select pydb_internal.cascade_approval_store(max(d.id)) from pydb_internal.draft as d"
    assert state_of(field.admin, approve) == "YD306"
    field.admin.execute(b"rollback")
    assert field.rows("select state, approved_by from pydb.cascade_job") == [("requested", None)]


def test_somebodys_trigger_acts_as_himself_in_a_superusers_session(field: Field) -> None:
    """A cascade of PostgreSQL runs as the owner of the child; session_user is the superuser still."""
    me = field.admin.info.user
    field.admin.execute(b"select pydb.cascade_request('shared.event', '{\"id\": 1}')")
    field.db.execute(f'create schema own authorization "{me}"; create table own.said (code text)'.encode())
    field.db.execute(
        f'alter table own.said owner to "{me}"; grant references on shared.event to "{me}"'.encode()
    )
    field.admin.execute(
        b"""
        create table own.kid (event_id bigint references shared.event on delete cascade);
        insert into own.kid values (2);
        create function own.act() returns trigger language plpgsql as $$
        declare
            v_call text;
        begin
            foreach v_call in array array[
                'select pydb.cascade_approve(1)',
                'select pydb.retention_policy_set(''theirs'', 17::oid::regclass, ''at'', ''30 days'')',
                'select pydb.retention_policy_set(''mine'', ''shared.event'', ''at'', ''30 days'',
                    p_filter => ''id > 0'')'
            ] loop
                begin
                    execute replace(v_call, '17::oid', (tg_argv[0])::text || '::oid');
                    insert into own.said values ('done');
                exception when others then
                    insert into own.said values (sqlstate);
                end;
            end loop;
            return old;
        end $$"""
    )
    secret = field.one("select 'victim.secret'::regclass::oid::text")
    trigger = f"create trigger act before delete on own.kid for each row execute function own.act('{secret}')"
    field.admin.execute(trigger.encode())
    field.db.execute(b"delete from shared.event where id = 2")
    assert field.rows("select code from own.said") == [("YD306",), ("YD005",), ("done",)]
    assert field.one("select state from pydb.cascade_job") == "requested"
    assert field.one("select author from pydb.retention_policy where name = 'mine'") == me


def test_the_role_of_the_jobs_is_one_that_who_names_it_could_become(field: Field) -> None:
    name = "select pydb.setting_set('schedule_role', '{}')"
    for role in ("postgres", "pydb_runner", field.runner.info.user):
        assert state_of(field.admin, name.format(role)) == "YD005", role
    field.db.execute(f'grant pydb_runner to "{field.admin.info.user}"'.encode())
    assert state_of(field.admin, name.format("pydb_runner")) is None
    assert state_of(field.admin, "select pydb.setting_set('schedule_role', null)") is None


def test_an_approver_is_a_role_and_not_a_name(field: Field) -> None:
    old = field.admin.info.user
    field.admin.execute(b"select pydb.cascade_request('shared.event', '{\"id\": 1}')")
    field.db.execute(f'alter role "{old}" rename to "{old}_2"'.encode())
    try:
        assert state_of(field.admin, "select pydb.cascade_approve(1)") == "YD306"
    finally:
        field.db.execute(f'alter role "{old}_2" rename to "{old}"'.encode())
    field.db.execute(b"select pydb.cascade_approve(1)")
    assert field.rows(
        "select state, approved_by, approved_by_role <> requested_by_role from pydb.cascade_job"
    ) == [("approved", "postgres", True)]


def test_terms_hold_for_the_rows_by_whatever_name_they_are_deleted(field: Field) -> None:
    field.db.execute(
        b"create table shared.part (id bigint primary key) partition by range (id);"
        b"create table shared.part_1 partition of shared.part for values from (0) to (100);"
        b"insert into shared.part values (1);"
        b"grant select, delete on shared.part, shared.part_1 to pydb_admin;"
        b"select pydb.entity_set('part', 'shared.part', p_grace => '1 day')"
    )
    for statement in (
        "select pydb.cascade_delete(null, '{\"id\": 1}', p_entity => 'event')",
        "select pydb.cascade_delete('shared.event', '{\"id\": 1}')",
        "select pydb.cascade_delete('shared.part', '{\"id\": 1}')",
        "select pydb.cascade_delete('shared.part_1', '{\"id\": 1}')",
    ):
        assert state_of(field.admin, statement) == "YD306", statement
    field.admin.execute(b"select pydb.cascade_request('shared.part_1', '{\"id\": 1}')")
    assert field.one("select not_before > now() + interval '23 hours' from pydb.cascade_job") is True
    query = "select detail from pydb.doctor() where reason_code = 'terms_lowered'"
    assert field.rows(query) == []
    field.admin.execute(b"select pydb.entity_set('event', 'shared.event')")
    field.admin.execute(b"select pydb.entity_drop('part')")
    field.db.execute(b"select pydb.cascade_delete('shared.event', '{\"id\": 1}')")
    ((detail,),) = field.rows(query)
    assert "event, by" in str(detail)
    assert "part, by" in str(detail)
    field.admin.execute(b"select pydb.entity_set('event', 'shared.event', p_approval => true)")
    field.admin.execute(b"select pydb.entity_set('part', 'shared.part', p_grace => '2 days')")
    assert field.rows(query) == []
