"""Tables that changed hold a policy or an entity; a policy that is new waits for the word of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.privileges.conftest import state_of

if TYPE_CHECKING:
    from tests.conftest import Connect, RoleFactory
    from tests.privileges.conftest import Field

RUN: Final = "call pydb.retention_run('events')"
APPROVE: Final = "select pydb.retention_policy_approve('events')"
SET: Final = "select pydb.retention_policy_set('events', 'shared.event', 'at', '20 days')"
LAST: Final = (
    "select state, stop_reason, sqlstate from pydb.job_run where kind = 'retention' order by id desc limit 1"
)


@pytest.fixture
def admin(field: Field) -> Field:
    """The policy of the field is set by one admin."""
    field.db.execute("insert into shared.event select i, now() from generate_series(100, 160) as i")
    assert state_of(field.admin, SET) is None
    return field


CHANGES: Final = (
    ("alter table shared.event add column more integer", "column", False),
    ("alter table shared.event add unique (at, id)", "key", False),
    ('create table shared."new ""t" (k bigint references shared.event)', "reference", False),
    ("create table shared.kid (k bigint references shared.event on delete cascade)", "reference", True),
    ("create table shared.kid (k bigint references shared.event on delete set null)", "reference", True),
    ("alter table shared.note drop constraint note_event_id_fkey", "reference", True),
    ("create trigger t before insert on shared.event execute function shared.f()", "trigger", False),
    ("create trigger t after delete on shared.event execute function shared.f()", "trigger", True),
    ("create trigger t after delete on shared.note execute function shared.f()", "trigger", True),
    ("alter table shared.event alter at type timestamptz(3)", "column", True),
    ("alter table shared.event drop constraint event_pkey cascade", "key", True),
    ("create rule r as on delete to shared.event do also notify x", "rule", True),
    ("alter table shared.event enable row level security", "security", False),
)


def test_what_changed_about_tables_holds_or_is_said(admin: Field) -> None:
    field = admin
    field.db.execute("create function shared.f() returns trigger language plpgsql as 'begin return old; end'")
    assert state_of(field.admin, "select pydb.guard_set('policy', 'events', 'hold')") is None
    for statement, kind, holds in CHANGES:
        with field.db.transaction(force_rollback=True):
            field.db.execute(statement.encode())
            found = field.rows("select kind, holds from pydb.retention_policy_drift('events')")
            assert (kind, holds) in found, statement
            assert any(one for _, one in found) == holds, statement
            warned: list[str | None] = []
            field.db.add_notice_handler(lambda diag, said=warned: said.append(diag.sqlstate))  # type: ignore[misc]
            expected = {"YD841"} if holds else {None}
            # a rule, or a key that is gone, is refused by itself as well
            ended = state_of(field.db, "select pydb.retention_batch('events')")
            assert ended in expected | {"YD016"}, statement
            assert holds or "YD841" in warned, statement


def test_a_policy_whose_tables_changed_is_held_until_somebody_approves(admin: Field) -> None:
    field = admin
    field.db.execute("create table shared.kid (k bigint references shared.event on delete cascade)")
    field.db.execute("grant select, delete on shared.kid to pydb_runner, pydb_admin")
    assert state_of(field.runner, "select pydb.guard_set('policy', 'events', 'hold')") == "42501"
    assert state_of(field.runner, RUN) in (None, "YD111")  # the default is a warning
    assert field.one("select count(*) from pydb.job_run where sqlstate = 'YD841'") == 0
    field.db.execute(
        "insert into shared.event select i, now() - interval '29 days' from generate_series(50, 60) i"
    )
    assert state_of(field.admin, "select pydb.setting_set('schema_drift', 'hold')") is None
    assert state_of(field.runner, RUN) == "YD841"
    assert field.rows(LAST) == [("blocked", "held", "YD841")]
    (plan,) = field.rows("select count(*) from pydb.retention_plan('events')")
    assert plan == (1,)
    # setting it again as it is changes nothing, and approves nothing
    assert state_of(field.admin, SET) is None
    assert state_of(field.runner, RUN) == "YD841"
    doctor = "select reason_code from pydb.doctor() where component = 'guard' and status <> 'ok'"
    assert ("schema_drift",) in field.rows(doctor)
    stale = "select pydb.retention_policy_approve('events', null, 'another digest')"
    assert state_of(field.admin, stale) == "YD843"
    digest = field.one("select distinct digest from pydb.retention_policy_drift('events')")
    seen = "select pydb.retention_policy_approve('events', 'the kid is ours', %s)"
    assert state_of(field.runner, seen, digest) == "42501"
    assert state_of(field.admin, seen, digest) is None
    assert state_of(field.runner, RUN) is None
    assert field.rows(LAST) == [("completed", "exhausted", None)]
    assert field.one("select arguments ->> 'reason' from pydb.audit_log where action = 'policy_approve'")


def test_an_entity_whose_tables_changed_is_held_until_somebody_approves(field: Field) -> None:
    field.db.execute("select pydb.entity_set('plain', 'shared.event')")
    field.db.execute("select pydb.entity_drop('event')")
    field.db.execute("select pydb.guard_set('entity', 'plain', 'hold')")
    field.db.execute("create table shared.kid (k bigint references shared.event on delete cascade)")
    delete = """select pydb.cascade_delete(null, '[{"id": 1}]', p_entity => 'plain')"""
    request = """select pydb.cascade_request(null, '[{"id": 1}]', p_entity => 'plain')"""
    assert state_of(field.db, delete) == "YD841"
    assert state_of(field.db, request) == "YD841"
    assert field.one("select count(*) from shared.event where id = 1") == 1
    assert state_of(field.admin, "select pydb.entity_approve('plain')") is None
    assert state_of(field.db, request) is None
    # and a job that waited while they changed
    field.db.execute("create table shared.kid2 (k bigint references shared.event on delete set null)")
    assert state_of(field.db, "call pydb.cascade_run()") in ("YD841", "YD306")
    assert field.one("select count(*) from shared.event where id = 1") == 1
    assert state_of(field.admin, "select pydb.entity_approve('nobody')") == "YD002"


def test_a_changed_policy_waits_for_the_word_of_another(
    field: Field, connect: Connect, role: RoleFactory
) -> None:
    author, second = field.admin, connect(user=role("second", "in role pydb_admin"))
    field.db.execute("select pydb.setting_set('policy_approval', 'other')")
    field.db.execute("insert into shared.event select i, now() from generate_series(100, 160) i")
    # what ran before the setting goes on
    assert state_of(field.runner, RUN) is None
    assert state_of(author, SET) is None
    assert state_of(field.runner, RUN) == "YD842"
    assert field.rows(LAST) == [("blocked", "held", "YD842")]
    assert state_of(field.runner, "select pydb.retention_batch('events')") == "YD842"
    assert state_of(author, APPROVE) == "YD843"
    # no role that he can take makes him another
    mal = field.one("select author from pydb.retention_policy where name = 'events'")
    for switch in ("set role pydb_admin", "set session authorization default", f'set role "{mal}"'):
        assert state_of(author, switch) is None
        assert state_of(author, APPROVE) == "YD843"
    assert state_of(author, "reset role") is None
    # nor does his own routine that runs as its owner
    field.db.execute(f'create schema own authorization "{mal}"'.encode())
    author.execute(
        "create function own.f() returns text language sql security definer"
        " as $$select pydb.retention_policy_approve('events')$$"
    )
    assert state_of(author, "select own.f()") == "YD843"
    # and he can ask for less neither here nor there
    assert state_of(author, "select pydb.setting_set('policy_approval', 'off')") == "YD005"
    assert state_of(author, "select pydb.guard_set('policy', 'events', p_approval => 'off')") is None
    assert state_of(field.runner, RUN) == "YD842"
    assert state_of(field.runner, APPROVE) == "42501"
    assert state_of(second, APPROVE) is None
    assert state_of(field.runner, RUN) is None
    # the next change waits again
    changed = SET.replace("20 days", "19 days")
    assert state_of(author, changed) is None
    assert state_of(field.runner, RUN) == "YD842"
    assert state_of(author, "select pydb.retention_policy_drop('events')") is None
    assert state_of(author, changed) is None
    assert state_of(field.runner, RUN) == "YD842"


def test_who_lowers_what_a_policy_asks_for_does_not_approve_that(
    field: Field, connect: Connect, role: RoleFactory
) -> None:
    author, second = field.admin, connect(user=role("second", "in role pydb_admin"))
    third = connect(user=role("third", "in role pydb_admin"))
    assert state_of(author, "select pydb.guard_set('policy', 'events', p_approval => 'other')") is None
    assert state_of(author, SET) is None
    assert state_of(second, "select pydb.guard_set('policy', 'events', p_approval => 'off')") is None
    for one in (author, second):
        assert state_of(one, APPROVE) == "YD843"
    assert state_of(field.runner, RUN) == "YD842"
    assert state_of(third, APPROVE) is None
    assert state_of(author, SET.replace("20 days", "21 days")) is None
    assert state_of(field.runner, RUN) is None or field.rows(LAST)[0][2] != "YD842"
    for wrong in ("'policy', 'events', 'maybe'", "'entity', 'event', p_approval => 'own'"):
        assert state_of(author, f"select pydb.guard_set({wrong})") == "YD001"
    assert state_of(author, "select pydb.guard_set('policy', 'nobody')") == "YD002"
