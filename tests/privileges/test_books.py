"""Who may run can neither invent nor close what others ran, and puts nothing into the quarantine by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.privileges.conftest import state_of

if TYPE_CHECKING:
    from tests.privileges.conftest import Field

QUARANTINE = "select pydb_internal.orphan_quarantine_store({}, '{}'::regclass, array['{{\"id\": 1}}'::jsonb])"


@pytest.mark.parametrize(
    ("code", "statement"),
    [
        (
            "YD901",
            "run_log_done('retention', 'events', 5, 0, false, now(), null, '{}', 'retention_run', '{}')",
        ),
        ("YD901", "run_log_done('cascade', 'x', -1, 0, false, now(), null, '{}', 'cascade_delete', '{}')"),
        ("YD901", "run_log_unstarted('retention', 'events', false, null, 'completed', 'exhausted', null)"),
        ("YD901", "run_open('nothing', 'events', false, null, null)"),
        ("YD005", "audit_say('retention_policy_drop', 'events', '{}', null)"),
        ("YD005", "audit_say('retention_run', 'events', '{}', null)"),
        ("42501", "audit_add('retention_policy_drop', 'events', '{}', null)"),
        ("42501", "draft_take('entity', 1)"),
        ("42501", "run_audit(null, null, null)"),
        ("YD901", "run_log_batch(1, -1, 1, null)"),
        ("YD306", "cascade_job_start(1, 1)"),
        ("YD005", "orphan_quarantine_store(1, 17, '{}')"),
    ],
)
def test_what_never_was_is_not_entered(field: Field, code: str, statement: str) -> None:
    field.db.execute(b"select pydb.cascade_request('shared.event', '{\"id\": 1}')")
    assert state_of(field.runner, f"select pydb_internal.{statement}") == code
    assert field.rows("select kind, subject from pydb.job_run") == []


def test_a_run_belongs_to_the_process_that_opened_it(field: Field) -> None:
    (own,) = field.db.execute(
        b"select pydb_internal.run_open('retention', 'events', false, null, a.backend_start)"
        b" from pg_stat_activity as a where a.pid = pg_backend_pid()"
    ).fetchall()
    for call, answer in {
        "run_close({}, 'completed', 'exhausted', null, null, null, null)": False,
        "run_beat({})": False,
    }.items():
        query = f"select pydb_internal.{call.format(own[0])}"
        assert field.runner.execute(query.encode()).fetchall() == [(answer,)]
    batch = f"select pydb_internal.run_log_batch({own[0]}, 1000, 1, null)"
    assert state_of(field.runner, batch) == "YD110"
    field.runner.execute(f"select pydb_internal.run_log_plan({own[0]}, 7, null, '{{}}')".encode())
    assert field.rows("select state, rows_done, rows_planned from pydb.job_run") == [("running", 0, None)]
    # an idle process has left its run: the next run of anything says so
    field.db.execute(b"call pydb.retention_run('events')")
    assert field.rows("select state from pydb.job_run order by id") == [("interrupted",), ("completed",)]


def test_a_live_run_is_not_closed_as_dead(field: Field) -> None:
    field.db.execute(
        b"""do $$
        declare
            v_run bigint;
        begin
            select pydb_internal.run_open('retention', 'events', false, null, a.backend_start) into v_run
            from pg_stat_activity as a where a.pid = pg_backend_pid();
            perform pydb_internal.run_close_interrupted(array[v_run]);
        end $$"""
    )
    assert field.rows("select state, run_kind, statement from pydb.job_run") == [
        ("running", "retention", "do")
    ]


def test_what_was_made_by_hand_can_be_told(field: Field) -> None:
    field.runner.execute(b"call pydb.retention_run('events')")
    field.runner.execute(
        b"do $$ declare r bigint; begin"
        b" r := pydb_internal.run_open('retention', 'events', false, null, null);"
        b" perform pydb_internal.run_log_batch(r, 1000, 1, null);"
        b" perform pydb_internal.run_close(r, 'completed', 'exhausted', 0, null, null, null); end $$"
    )
    found = "select statement from pydb.{} where {} order by id"
    assert field.rows(found.format("job_run", "true")) == [("call pydb.retention_run",), ("do",)]
    assert field.rows(found.format("audit_log", "action = 'retention_run'")) == [("do",)]


def test_the_quarantine_is_filled_by_a_live_repair_of_the_child_alone(field: Field) -> None:
    assert state_of(field.runner, "insert into pydb.orphan_quarantine default values") == "42501"
    for reference, table in (
        ("nothing.at.all", "shared.note"),
        ("shared.note.note_event_id_fkey", "pydb.setting"),
        ("shared.note.note_event_id_fkey", "shared.event"),
        ("victim.detail.owner_ref", "victim.detail"),
    ):
        number = field.one(f"select '{table}'::regclass::oid")
        statement = QUARANTINE.replace("'{}'::regclass", f"{number}::oid").format("r")
        forged = f"""do $$ declare r bigint; begin
            r := pydb_internal.run_open('orphan_repair', 'repair {reference}', false, null, null);
            perform pydb_internal.run_log_plan(r, 1, null,
                '{{"reference": "{reference}", "mode": "quarantine"}}');
            {statement.replace("select", "perform", 1)}; end $$"""
        assert state_of(field.runner, forged) == "YD005", table
    assert field.one("select count(*) from pydb.orphan_quarantine") == 0


def test_a_repair_that_quarantines_can_be_taken_back(field: Field) -> None:
    field.db.execute(b"grant usage on schema victim to pydb_runner")
    field.db.execute(b"grant select, delete, insert on all tables in schema victim to pydb_runner")
    field.db.execute(b"select pydb.setting_set('orphan_min_age', '0')")
    field.runner.execute(b"call pydb.orphan_repair('victim.detail.owner_ref', 'quarantine')")
    ((run, rows, kind),) = field.rows(
        "select max(q.run_id), count(*), min(r.run_kind) from pydb.orphan_quarantine as q"
        " inner join pydb.job_run as r on r.id = q.run_id"
    )
    assert (rows, kind) == (10, "orphan_repair")
    assert field.rows(
        "select subject, arguments ->> 'mode', actor from pydb.audit_log where run_id = %s", run
    ) == [("victim.detail.owner_ref", "quarantine", field.runner.info.user)]
    restored = field.runner.execute("select restored from pydb.orphan_restore(%s)", [run]).fetchall()
    assert restored == [(10,)]


@pytest.mark.parametrize("table", ["pg_catalog.pg_class", "pydb.setting", "public.of_extension"])
def test_nothing_is_restored_to_what_is_not_the_applications(field: Field, table: str) -> None:
    field.db.execute(
        b"create table public.of_extension (id int); alter extension plpgsql add table public.of_extension;"
        b"insert into pydb.job_run (kind, subject, state, stop_reason, started_at, heartbeat_at, finished_at)"
        b" values ('orphans', 'repair x', 'completed', 'exhausted', now(), now(), now())"
    )
    field.db.execute(
        "insert into pydb.orphan_quarantine"
        " (run_id, reference, target, target_name, relation, content, types, reason)"
        " select max(r.id), 'x', %s::regclass, %s, %s, '{}', '{}', 'x' from pydb.job_run as r",
        [table, table, table],
    )
    for dry_run in (True, False):
        statement = f"select pydb.orphan_restore(1, {dry_run})"
        assert state_of(field.db, statement) == "YD003"


def test_the_future_is_for_rehearsals(field: Field) -> None:
    ahead = "now() + interval '29 days'"
    call = f"call pydb.retention_run('events', p_now => {ahead}, p_dry_run => {{}})"
    assert state_of(field.runner, call.format("false")) == "YD111"
    assert state_of(field.runner, f"select pydb.retention_batch('events', p_now => {ahead})") == "YD105"
    assert field.rows("select state, sqlstate, rows_done from pydb.job_run") == [("blocked", "YD105", 0)]
    assert field.one("select count(*) from shared.event") == 20
    field.db.execute(b"update pydb.retention_policy set fuse_share = 1")
    field.runner.execute(call.format("true").encode())
    assert field.rows("select state, rows_planned, detail ? 'now' from pydb.job_run where dry_run") == [
        ("completed", 20, True)
    ]
    # a moment that was is nobody's trick, and is noted
    field.db.execute(b"update shared.event set at = now() - interval '60 days'")
    field.runner.execute(b"call pydb.retention_run('events', p_now => now() - interval '1 hour')")
    assert field.rows(
        "select arguments ? 'now', arguments ->> 'rows_done' from pydb.audit_log where run_id is not null"
    ) == [(True, "20")]


def test_a_cursor_cannot_bring_the_future_along(field: Field) -> None:
    field.db.execute(b"update shared.event set at = now() - interval '60 days' where id <= 4")
    cursor = field.runner.execute(b"select cursor from pydb.retention_batch('events', 1)").fetchall()[0][0]
    ahead = "%s::jsonb || jsonb_build_object('now', now() + interval '29 days')"
    statement = f"select pydb.retention_batch('events', 100, {ahead})"
    assert state_of(field.runner, statement, json.dumps(cursor)) == "YD105"
    assert field.one("select count(*) from shared.event") == 19


def test_who_may_not_change_the_setting_repairs_no_younger_rows(field: Field) -> None:
    call = "call pydb.orphan_repair('victim.detail.owner_ref', 'delete', {}, p_min_age => '0')"
    assert state_of(field.runner, call.format("false")) == "YD005"
    field.db.execute(b"grant usage on schema victim to pydb_runner")
    field.db.execute(b"grant select, delete on all tables in schema victim to pydb_runner")
    assert state_of(field.runner, call.format("true")) is None
    assert state_of(field.db, call.format("false")) is None


def test_what_was_cut_off_is_audited_and_settled_also_when_its_subject_is_gone(field: Field) -> None:
    left = (
        "insert into pydb.job_run (kind, run_kind, subject, state, started_at, heartbeat_at, rows_done, pid,"
        " backend_start, actor, plan)"
        " select k.job_kind, k.name, u.subject, 'running', now() - interval '1 day',"
        " now() - interval '1 day', 7, 1, now() - interval '2 days', 'somebody', u.plan::jsonb"
        " from (values ('retention', 'gone', '{}'), ('cascade', 'job 99', '{}'),"
        ' (\'orphan_repair\', \'repair a.b.c\', \'{"reference": "a.b.c", "mode": "delete"}\'))'
        " as u (kind, subject, plan) inner join pydb_internal.run_kind as k on k.name = u.kind"
    )
    field.rows(f"with w as ({left} returning 1) select count(*) from w")
    ((hint,),) = field.rows("select hint from pydb.doctor() where reason_code = 'run_interrupted'")
    assert not any(word in str(hint) for word in ("gone", "99", "a.b.c", "POLICY"))
    field.runner.execute(b"call pydb.retention_run('events')")
    assert field.rows("select count(*) from pydb.job_run where state = 'interrupted'") == [(3,)]
    audited = (
        "select action, subject, actor, arguments ->> 'rows_done', arguments ->> 'state',"
        " arguments ->> 'closed_by'"
        " from pydb.audit_log where run_id is not null order by action"
    )
    by = field.runner.info.user
    assert field.rows(audited) == [
        ("cascade_run", "job 99", "somebody", "7", "interrupted", by),
        ("orphan_repair", "a.b.c", "somebody", "7", "interrupted", by),
        ("retention_run", "gone", "somebody", "7", "interrupted", by),
    ]
    assert field.rows("select 1 from pydb.doctor() where reason_code = 'run_interrupted'") == []
    # so do the drops
    field.rows(f"with w as ({left} returning 1) select count(*) from w")
    field.admin.execute(b"select pydb.retention_policy_drop('events')")
    assert field.rows("select count(*) from pydb.job_run where state = 'interrupted'") == [(6,)]
