"""Events get their positions after the commit, in one order, and none is lost or repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.events.conftest import Stream, send
from tests.retention.lab import Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection

Writers = tuple["Connection", "Connection"]


def test_a_commit_that_overtakes_another_waits_for_it(stream: Stream, writers: Writers) -> None:
    first, second = writers
    second.commit()
    assert stream.publish() == 0
    assert stream.numbers() == []
    assert stream.read("select waiting, held, held_by_pid from pydb.event_status()") == [
        (1, True, first.info.backend_pid)
    ]
    first.commit()
    assert stream.publish() == 2
    assert stream.numbers() == [1, 2]
    assert stream.read("select waiting, held, reason_code from pydb.event_status()") == [(0, False, "ok")]


def test_without_waiting_each_comes_when_it_is_committed_and_none_is_lost(
    stream: Stream, writers: Writers
) -> None:
    stream.read("select pydb.setting_set('event_wait', 'off')")
    first, second = writers
    second.commit()
    assert stream.publish() == 1
    assert stream.numbers() == [2]
    first.commit()
    assert stream.publish() == 1
    assert stream.numbers() == [2, 1]
    assert stream.numbers(1) == [1]


def test_what_is_rolled_back_leaves_no_gap(stream: Stream, writers: Writers) -> None:
    first, second = writers
    first.rollback()
    second.commit()
    stream.write(3)
    assert stream.publish() == 2
    assert stream.numbers() == [2, 3]


def test_batches_go_on_where_the_last_one_ended(stream: Stream, connect: Connect) -> None:
    for number in range(7):
        stream.write(number)
    late = connect(autocommit=False)
    send(late, 7)
    assert [stream.one("select pydb_internal.event_publish_batch(3)") for _ in range(4)] == [3, 3, 1, 0]
    late.commit()
    assert stream.publish() == 1
    assert stream.numbers() == list(range(8))


def test_of_two_publishers_one_leaves_it_to_the_other(stream: Stream, connect: Connect) -> None:
    stream.write(1)
    other = connect(autocommit=False)
    assert other.execute("select pydb_internal.event_publish_batch()").fetchone() == (1,)
    assert stream.publish() is None
    other.rollback()  # killed before its commit
    assert stream.publish() == 1
    assert stream.numbers() == [1]


def test_who_writes_does_not_ring_and_the_publisher_rings_once(stream: Stream, connect: Connect) -> None:
    listener = connect()
    listener.execute("listen pydb_event")
    for number in range(5):
        stream.write(number)
    listener.execute("select 1")
    assert list(listener.notifies(timeout=0)) == []
    stream.publish()
    rung = list(listener.notifies(timeout=60, stop_after=1))
    assert [(one.channel, one.payload) for one in rung] == [("pydb_event", "")]
    assert list(listener.notifies(timeout=0)) == []


def test_a_position_that_is_gone_is_told_and_reading_goes_on_from_the_oldest(stream: Stream) -> None:
    for number in range(6):
        stream.write(number)
    stream.publish()
    stream.db.execute("update pydb.event set published_at = now() - interval '8 days' where position <= 4")
    assert stream.one("select pydb.event_prune(3)") == 3
    assert stream.one("select pydb.event_prune()") == 1
    assert stream.one("select pydb.event_prune()") == 0
    rows = stream.read("select position, topic, payload from pydb.event_read(2)")
    assert rows[0] == (4, "reset", {"oldest": 5, "newest": 6, "since": 2})
    assert [row[0] for row in rows[1:]] == [5, 6]
    # nothing of what comes after it is gone
    assert [row[0] for row in stream.read("select position from pydb.event_read(4)")] == [5, 6]
    # a position of another life of this database
    rows = stream.read("select position, topic from pydb.event_read(99)")
    assert rows[:1] == [(4, "reset")]
    assert len(rows) == 3


def test_a_clock_that_is_given_prunes_nothing_early(stream: Stream) -> None:
    stream.write(1)
    stream.publish()
    assert stream.one("select pydb.event_prune(p_now => now() + interval '1 year')") == 0
    assert stream.numbers() == [1]


def test_topics_and_a_workspace_choose(stream: Stream) -> None:
    stream.write(1, "orders", "a")
    stream.write(2, "stock", "b")
    stream.write(3, "orders")
    stream.publish()
    for topics, workspace, expected in (
        (None, None, [1, 2, 3]),
        (["orders"], None, [1, 3]),
        (["orders", "stock"], "b", [2]),
        (None, "a", [1]),
        (["none"], None, []),
    ):
        rows = stream.read("select payload -> 'n' from pydb.event_read(0, %s, %s)", topics, workspace)
        assert [row[0] for row in rows] == expected


@pytest.mark.parametrize(
    ("topic", "payload", "workspace"),
    [
        ("runs", "{}", None),
        ("health", "{}", None),
        ("reset", "{}", None),
        ("Orders", "{}", None),
        ("a b", "{}", None),
        ("", "{}", None),
        (None, "{}", None),
        ("orders\nid: 5", "{}", None),
        ("orders", None, None),
        ("orders", '"' + "x" * 9000 + '"', None),
        ("orders", '{"n": 1e300}', None),
        ("orders", '{"n": 1e5000}', None),
        ("orders", "[" * 102 + "]" * 102, None),
        ("orders", '{"a":' * 1000 + "1" + "}" * 1000, None),
        ("orders", "{}", ""),
        ("orders", "{}", "x" * 256),
    ],
)
def test_what_is_no_event_of_an_application_is_refused(
    stream: Stream, topic: str | None, payload: str | None, workspace: str | None
) -> None:
    with refused("YD030"):
        stream.read("select pydb.event_publish(%s, %s::jsonb, %s)", topic, payload, workspace)
    assert stream.one("select count(*) from pydb_internal.event_waiting") == 0


def test_long_texts_and_flat_payloads_are_taken(stream: Stream) -> None:
    for payload in (
        '{"a": "' + "9" * 400 + '\\"' + "[" * 400 + '"}',
        "[" + "[]," * 500 + "[]]",
        "[" * 100 + "]" * 100,
    ):
        stream.read("select pydb.event_publish('orders', %s::jsonb)", payload)


def test_the_longest_payload_is_a_setting(stream: Stream) -> None:
    stream.read("select pydb.setting_set('event_max_bytes', '100')")
    stream.read("select pydb.event_publish('orders', to_jsonb(repeat('x', 98)))")
    with refused("YD030"):
        stream.read("select pydb.event_publish('orders', to_jsonb(repeat('x', 99)))")


def test_what_another_server_left_waiting_is_published_after_a_restore(stream: Stream) -> None:
    stream.write(1)
    stream.db.execute("update pydb_internal.event_waiting set xid = '9000000000'")
    stream.db.execute("update pydb_internal.event_head set low = '8000000000'")
    assert stream.read("select waiting, held from pydb.event_status()") == [(1, False)]
    stream.write(2)
    assert stream.publish() == 2
    assert sorted(map(str, stream.numbers())) == ["1", "2"]
    stream.write(3)
    assert stream.publish() == 1


def test_the_procedure_publishes_and_goes_on_as_long_as_it_is_told(stream: Stream) -> None:
    stream.write(1)
    stream.db.execute("call pydb.event_run()")
    stream.write(2)
    stream.db.execute("call pydb.event_run('10 ms')")
    assert stream.numbers() == [1, 2]
    assert stream.one("select seen_at is not null from pydb_internal.event_head")


def test_an_old_event_that_waits_is_told_with_who_holds_it(stream: Stream, writers: Writers) -> None:
    first, second = writers
    second.commit()
    stream.db.execute("update pydb_internal.event_waiting set created_at = now() - interval '1 minute'")
    ((reason, pid, summary),) = stream.read(
        "select reason_code, held_by_pid, summary from pydb.event_status()"
    )
    assert (reason, pid) == ("held", first.info.backend_pid)
    assert f"pid {pid}" in str(summary)
    first.rollback()
    assert stream.one("select reason_code from pydb.event_status()") == "no_publisher"


def test_runs_policies_and_jobs_are_events_without_anybody_s_rows(lab: Lab, stream: Stream) -> None:
    lab.do("""
        create table person (id int primary key, name text, at timestamptz);
        create table note (id int primary key, person_id int);
        insert into person select i, 'secret ' || i, '2020-01-01' from generate_series(1, 5) as i;
        insert into note values (2, 77);
    """)
    lab.rows("select pydb.retention_policy_set('people', 'person', 'at', '30 days', p_fuse_share => 1)")
    lab.rows("select pydb.retention_pause('people', 'why')")
    lab.rows("select pydb.retention_resume('people')")
    lab.rows("select pydb.cascade_request('person', '[{\"id\": 3}]', p_grace => '0')")
    lab.rows("select pydb.setting_set('orphan_min_age', '0')")
    lab.rows("select pydb.reference_set('note', '{person_id}', 'person', '{id}')")
    lab.do("call pydb.orphan_scan_run()")
    lab.do("call pydb.retention_run('people')")
    assert stream.publish()
    rows = stream.read("select topic, payload, payload::text from pydb.event order by position")
    assert "secret" not in str(rows)
    told = [(topic, payload) for topic, payload, _ in rows]
    assert [p["change"] for t, p in told if t == "policies"] == [  # type: ignore[index]
        "retention_policy_set",
        "retention_pause",
        "retention_resume",
    ]
    (job,) = [p for t, p in told if t == "cascades"]
    assert (job["state"], job["rows_planned"]) == ("requested", 1)  # type: ignore[index]
    runs = [p for t, p in told if t == "runs" and p["kind"] == "retention"]  # type: ignore[index]
    assert [(p["state"], p["rows_done"]) for p in runs] == [("running", 0), ("completed", 5)]  # type: ignore[index]
    (orphans,) = [p for t, p in told if t == "orphans"]
    assert (orphans["orphans"], orphans["status"]) == (1, "complete")  # type: ignore[index]


def test_pydb_writes_none_where_it_is_switched_off_or_nobody_has_published(lab: Lab, stream: Stream) -> None:
    lab.do("create table a (id int primary key, at timestamptz)")
    count = "select count(*) from pydb_internal.event_waiting"
    set_policy = "select pydb.retention_policy_set('a', 'a', 'at', '%s days')"
    stream.read("select pydb.setting_set('events', 'off')")
    lab.rows(set_policy % 30)
    assert stream.one(count) == 0
    stream.read("select pydb.setting_set('events', 'on')")
    lab.rows(set_policy % 31)
    assert stream.one(count) == 1
    stream.db.execute("update pydb_internal.event_head set seen_at = now() - interval '8 days'")
    lab.rows(set_policy % 32)
    assert stream.one(count) == 1
    stream.write(1)  # the application's are kept all the same
    assert stream.one(count) == 2


def test_claims_that_are_stuck_are_told_once(stream: Stream) -> None:
    assert stream.one("select pydb_internal.event_watch()") is True
    assert stream.one("select pydb_internal.event_watch()") is False
    stream.read("select pydb.idempotency_claim('s', 'k', p_lease => '1 min', p_on_stale => 'hold')")
    stream.db.execute("update pydb.idempotency_key set lease_until = now() - interval '1 minute'")
    for _ in range(2):
        stream.db.execute("update pydb_internal.event_head set seen_at = now() - interval '2 minutes'")
        assert stream.one("select pydb_internal.event_watch()") is True
    stream.publish()
    rows = stream.read("select topic, payload from pydb.event")
    assert rows == [("claims", {"subject": "held", "state": "stuck", "was": "ok", "held": 1})]


def test_an_event_of_a_read_only_transaction_is_refused(connect: Connect) -> None:
    reader = connect(autocommit=False)
    reader.execute("set transaction read only")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        send(reader, 1)


def test_more_events_than_may_wait_are_refused_and_it_is_said(stream: Stream, connect: Connect) -> None:
    stream.read("select pydb.setting_set('event_max_waiting', '1000')")
    stream.db.execute(
        "select pydb.event_publish('orders', jsonb_build_object('n', i)) from generate_series(1, 1000) as i"
    )
    assert stream.read("select reason_code, waiting from pydb.event_status()") == [("full", 1000)]
    assert "no more events are taken" in str(stream.one("select summary from pydb.event_status()"))
    health = "select status, reason_code from pydb.health() where component = 'events'"
    assert stream.read(health) == [("degraded", "events_full")]
    for session in (stream.db, connect()):
        with pytest.raises(psycopg.Error) as caught:
            session.execute("select pydb.event_publish('orders', '{}')")
        assert caught.value.sqlstate == "YD030"
        assert "event_max_waiting" in str(caught.value.diag.message_detail)
        assert caught.value.diag.message_hint == "pydb events status"
    # one transaction by itself is no way around it
    assert stream.publish() == 1000
    with refused("YD030"):
        stream.read("select pydb.event_publish('orders', '{}') from generate_series(1, 1001)")
    # what was rolled back is forgotten where nothing waits
    stream.write(1001)
    stream.write(1002)
    assert stream.publish() == 2
    assert stream.read("select reason_code from pydb.event_status()") == [("ok",)]
    assert stream.read(health) == [("ok", "well")]


def test_who_leaves_a_transaction_open_after_publishing_is_ended_by_the_server(
    stream: Stream, connect: Connect
) -> None:
    stream.write(1)
    other = connect(autocommit=False)
    other.execute("select pydb_internal.event_publish_batch()")
    shown = other.execute("show idle_in_transaction_session_timeout").fetchone()
    assert shown == ("10s",)
    other.commit()
    assert other.execute("show idle_in_transaction_session_timeout").fetchone() == ("0",)
    other.execute("set idle_in_transaction_session_timeout = '5s'")
    other.commit()
    stream.write(2)
    other.execute("select pydb_internal.event_publish_batch()")
    assert other.execute("show idle_in_transaction_session_timeout").fetchone() == ("5s",)
    other.commit()


@pytest.mark.parametrize("how", ["plain", "savepoint"])
def test_a_session_that_keeps_the_stream_locked_is_named_and_ended(
    stream: Stream, connect: Connect, how: str
) -> None:
    stream.write(1)
    runner = connect(autocommit=False)
    if how == "savepoint":  # in which the row's locker is another transaction than the one that is open
        runner.execute("select pydb_internal.event_publish_batch()")
        runner.execute("savepoint s")
    runner.execute(
        "select pydb_internal.event_publish_batch(), set_config('idle_session_timeout', '0', true)"
    )
    runner.execute("set local idle_in_transaction_session_timeout = 0")
    assert stream.publish() is None
    assert stream.one("select pydb_internal.event_evict()") is False  # not before a minute is over
    keeper = stream.read("select pid from pydb_internal.event_keeper(clock_timestamp())")
    assert keeper == [(runner.info.backend_pid,)]
    assert stream.one("select pydb_internal.event_evict('0')") is True
    with pytest.raises(psycopg.OperationalError):
        runner.execute("select 1")
    while stream.publish() is None:  # until the server has seen it go
        pass
    assert stream.numbers() == [1]
    assert stream.one("select pydb_internal.event_evict('0')") is False
