"""Who may write, publish and read events; and that nobody forges those of pydb itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.privileges.conftest import state_of

if TYPE_CHECKING:
    from tests.conftest import Connect, RoleFactory
    from tests.privileges.conftest import Field

DENIED = "42501"
OWN_TRIGGER = (
    "create temp table t (id int); create trigger t after insert on t for each row"
    " execute function pydb_internal.event_of_run()"
)


def test_each_role_does_its_part_of_the_stream_and_no_other(
    field: Field, connect: Connect, role: RoleFactory
) -> None:
    app = connect(user=role("app", "in role pydb_app"))
    monitor = connect(user=role("eye", "in role pydb_monitor"))
    write = "select pydb.event_publish('orders', '{\"n\": 1}')"
    report = 'select pydb.degraded_report(\'[{"provider": "llm", "reason_code": "timeout"}]\')'
    read = "select * from pydb.event_read()"
    look = "select * from pydb.event_status()"
    counts = "select * from pydb.degraded_count"
    publish, procedure = "select pydb_internal.event_publish_batch()", "call pydb.event_run()"
    prune = "select pydb.event_prune()"
    for session, may in (
        (app, {write, report}),
        (monitor, {read, look, counts}),
        (field.runner, {read, look, counts, publish, procedure, prune}),
        (field.admin, {write, report, read, look, counts, publish, procedure, prune}),
    ):
        for statement in (write, report, read, look, counts, publish, procedure, prune):
            expected = None if statement in may else DENIED
            assert state_of(session, statement) == expected, (session.info.user, statement)
    assert field.one("select count(*) from pydb.event where topic = 'orders'") == 2
    assert field.one("select count(distinct author) from pydb.event where topic = 'orders'") == 2


def test_nobody_forges_an_event_of_pydb_or_changes_one(
    field: Field, connect: Connect, role: RoleFactory
) -> None:
    app = connect(user=role("app", "in role pydb_app"))
    field.db.execute("select pydb.event_publish('orders', '{}')")
    field.db.execute("call pydb.event_run()")
    before = field.rows("select * from pydb.event")
    for session in (app, field.runner, field.admin):
        for statement in (
            "insert into pydb_internal.event_waiting (topic, payload) values ('runs', '{}')",
            "insert into pydb.event select * from pydb.event",
            "update pydb.event set payload = '{}'",
            "delete from pydb.event",
            "truncate pydb.event",
            "update pydb_internal.event_head set position = 0",
            "delete from pydb_internal.event_waiting",
            "update pydb.degraded_count set calls = 0",
            "select pydb_internal.event_add('runs', '{}')",
            "select pydb_internal.event_tell('health', 'a', 'error', '{}')",
            OWN_TRIGGER,
        ):
            assert state_of(session, statement) == DENIED, statement
    for session in (app, field.admin):
        for topic in ("runs", "policies", "cascades", "orphans", "claims", "health", "reset"):
            assert state_of(session, "select pydb.event_publish(%s)", topic) == "YD030"
    assert field.rows("select * from pydb.event") == before


def test_a_clock_of_the_caller_s_takes_no_event_away(field: Field) -> None:
    field.db.execute("select pydb.event_publish('orders', '{}')")
    field.runner.execute("call pydb.event_run()")
    for given in ("'infinity'", "now() + interval '100 years'"):
        assert state_of(field.runner, f"select pydb.event_prune(10, {given})") is None
    assert field.one("select count(*) from pydb.event where topic = 'orders'") == 1
