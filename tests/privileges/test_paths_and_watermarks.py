"""A role of few rights against watermarks, paths, partitions and the books of files, one attack a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.privileges.conftest import state_of

if TYPE_CHECKING:
    from tests.privileges.conftest import Field

# what mal wrote leaves a trace when somebody else runs it
HIS: Final = """
create table shared.trace (who text); grant insert on shared.trace to public;
create schema his authorization {mal}; set role {mal};
create function his.spy() returns timestamptz language plpgsql stable as $$ begin
    if current_user <> '{mal}' then perform his.tell(); end if;
    return '2020-01-01'; end $$;
create function his.tell() returns void language sql as 'insert into shared.trace values (current_user)';
create function his.helper() returns void language sql as 'select his.spy()';
create table his.event (id bigint primary key, at timestamptz not null default '2020-01-01');
insert into his.event values (1);
grant usage on schema his to public;
reset role;
create schema tools; create function tools.helper() returns void language sql as 'select null::void';
grant usage on schema tools to public;
create function shared.note() returns trigger language plpgsql as $$ begin
    perform helper(); return old; end $$;
create trigger note after delete on shared.event for each row execute function shared.note();
"""
SET: Final = (
    "select pydb.retention_policy_set('his', 'shared.event', 'at', '1 day', p_filter => 'id > 0', {})"
)


@pytest.fixture
def his(field: Field) -> Field:
    field.db.execute(HIS.format(mal=field.admin.info.user).encode())
    field.db.execute(b"update shared.event set at = at - interval '1 year'")
    return field


def looks(his: Field) -> None:
    """All that a superuser and the runner of the night may come to do; nothing of mal's runs as them."""
    for who in (his.db, his.runner):
        for statement in (
            "select pydb.retention_plan()",
            "select pydb.retention_policy_explain('his')",
            "call pydb.retention_run('his')",
            "select pydb.retention_batch('his')",
            "select pydb.doctor()",
        ):
            state_of(who, statement)
    assert his.rows("select who from shared.trace") == []


@pytest.mark.parametrize(
    "arguments",
    [
        "p_watermark_function => 'his.spy'",
        "p_watermark_function => 'his.spy()'",
        """p_watermark_table => 'his.event', p_watermark_column => 'at',
        p_watermark_filter => 'his.spy() > at'""",
        "p_search_path => '{his, tools}'",
        "p_search_path => '{tools, his}'",
    ],
)
def test_nobody_runs_what_the_author_of_a_policy_wrote(his: Field, arguments: str) -> None:
    state_of(his.admin, SET.format(arguments))
    looks(his)


def test_a_path_is_asked_again_where_it_is_used(his: Field) -> None:
    """It was his own to use; the role of the night would find what he put there."""
    his.db.execute(
        b"select pydb.retention_policy_drop(name) from pydb.retention_policy"
        b" where target = 'shared.event'::regclass"
    )
    with_path = SET.replace("p_filter => 'id > 0', ", "").format("p_search_path => '{his}'")
    assert state_of(his.admin, with_path) is None
    assert state_of(his.runner, "call pydb.retention_run('his')") == "YD111"
    assert his.one("select sqlstate from pydb.job_run order by id desc limit 1") == "YD015"
    assert his.one("select count(*) from shared.event") == 20


def test_what_a_session_says_of_a_path_is_no_path(his: Field) -> None:
    his.db.execute(
        b"select pydb.retention_policy_set('events', 'shared.event', 'at', '1 d', p_fuse_share => 1)"
    )
    his.runner.execute(b"set pydb.application_path = '{his}'")
    state_of(his.runner, "call pydb.retention_run('events')")
    state_of(his.db, "call pydb.retention_run('events')")
    assert his.rows("select who from shared.trace") == []


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        ("admin", SET.format("p_action => 'drop_partition'")),
        ("admin", "select pydb.entity_set('his', 'victim.secret', p_search_path => '{his}')"),
        ("admin", "select pydb.cascade_delete('victim.secret', '{\"id\": 1}', p_search_path => '{his}')"),
        ("runner", "call pydb.orphan_repair('owner_ref', 'delete', p_search_path => '{his}')"),
        ("runner", "select pydb_internal.archive_table_store(1)"),
        ("runner", "select pydb_internal.retention_partition_store(1)"),
        ("runner", "select pydb_internal.archive_manifest_store(1)"),
        ("runner", "select pydb_internal.draft_add('archive_run', '{}')"),
        (
            "runner",
            "insert into pydb.archive_run (run_id, archive, source_name) values (1, 'his.event', 'x')",
        ),
        ("runner", "update pydb.retention_policy set search_path = '{his}'"),
        ("admin", "update pydb.cascade_job set search_path = '{his}'"),
    ],
)
def test_what_is_not_his_to_say_is_refused(his: Field, who: str, statement: str) -> None:
    session = his.admin if who == "admin" else his.runner
    before = [his.rows(f"select * from {table}") for table in ("victim.secret", "victim.detail")]
    assert state_of(session, statement) is not None
    assert [his.rows(f"select * from {table}") for table in ("victim.secret", "victim.detail")] == before
    assert his.rows("select run_id from pydb.archive_run") == []
