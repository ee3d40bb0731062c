"""One connection reads for all subscriptions: each gets its events once, in order; a slow one is dropped."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from pydb import db as pydb_db
from pydb import events
from pydb.errors import MissingPrivilege, UsageError
from pydb.events import Hub
from pydb.events import publisher as publishing
from tests.lint import roles
from tests.servers import PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydb.events import Event, Subscription
    from tests.conftest import RoleFactory
    from tests.events.conftest import Stream
    from tests.servers import Database


@pytest.fixture
def hub(dsn: str) -> Iterator[Hub]:
    with Hub(dsn, queue=50) as made:
        yield made


def take(stream: Subscription, count: int) -> list[object]:
    found: list[object] = []
    for _ in range(count):
        event = stream.get(timeout=30)
        assert event is not None, f"{found}, then {stream.reason}"
        found.append(number(event))
    return found


def number(event: Event) -> object:
    return event.payload["n"] if isinstance(event.payload, dict) and "n" in event.payload else event.topic


def fill(stream: Stream, *numbers: int) -> None:
    for one in numbers:
        stream.write(one)
    stream.publish()


def test_subscribers_get_what_comes_by_topic_and_workspace(hub: Hub, stream: Stream) -> None:
    everything, orders, mine = (
        hub.subscribe(),
        hub.subscribe(topics=["orders"]),
        hub.subscribe(workspace="mine"),
    )
    assert all(one.ready() for one in (everything, orders, mine))
    stream.write(1)
    stream.write(2, "stock", "mine")
    stream.write(3, "orders", "mine")
    stream.publish()
    assert take(everything, 3) == [1, 2, 3]
    assert take(orders, 2) == [1, 3]
    assert take(mine, 2) == [2, 3]
    assert hub.state().delivered == 7
    assert hub.state().position == 3


def test_one_connection_serves_all(hub: Hub, stream: Stream) -> None:
    streams = [hub.subscribe() for _ in range(50)]
    assert all(one.ready() for one in streams)
    sessions = "select count(*) from pg_stat_activity where datname = current_database() and pid <> %s"
    assert stream.one(sessions, stream.db.info.backend_pid) == 1
    fill(stream, 1, 2)
    assert [take(one, 2) for one in streams] == [[1, 2]] * 50


def test_who_resumes_gets_the_rest_page_by_page_and_goes_on_live(hub: Hub, stream: Stream) -> None:
    fill(stream, *range(120))
    early, late = hub.subscribe(since=0, topics=["orders"]), hub.subscribe(since=100)
    assert take(late, 20) == list(range(100, 120))
    fill(stream, 120, 121)
    assert take(late, 2) == [120, 121]
    # more than its queue holds; it takes them when it likes
    assert take(early, 122) == list(range(122))
    fill(stream, 122)
    assert take(early, 1) == take(late, 1) == [122]
    assert hub.state().dropped == {}


def test_a_slow_subscriber_is_dropped_counted_and_resumes_without_loss(hub: Hub, stream: Stream) -> None:
    slow, quick = hub.subscribe(), hub.subscribe()
    assert slow.ready()
    assert quick.ready()
    for start in range(0, 80, 20):
        fill(stream, *range(start, start + 20))
        assert take(quick, 20) == list(range(start, start + 20))
    seen = take(slow, 50)
    assert slow.get(timeout=30) is None
    assert slow.reason == "slow"
    assert hub.state().dropped == {"slow": 1}
    with hub.subscribe(since=slow.cursor) as again:
        assert seen + take(again, 30) == list(range(80))


def test_a_position_that_is_gone_is_answered_by_a_reset(hub: Hub, stream: Stream) -> None:
    fill(stream, 1, 2, 3, 4)
    stream.db.execute("update pydb.event set published_at = now() - interval '8 days' where position <= 2")
    stream.read("select pydb.event_prune()")
    with hub.subscribe(since=1, topics=["orders"]) as late:
        first = late.get(timeout=30)
        assert first is not None
        assert (first.topic, first.position, first.payload) == (
            "reset",
            2,
            {"oldest": 3, "newest": 4, "since": 1},
        )
        assert take(late, 2) == [3, 4]


def test_the_bell_is_only_a_help(dsn: str, stream: Stream) -> None:
    def deaf() -> pydb_db.Connection:
        conn = pydb_db.connect(dsn)
        conn.execute("select set_config('application_name', 'deaf', false)")
        return conn

    with Hub(connect=deaf, poll=0.05) as hub, hub.subscribe() as one:
        assert one.ready()
        stream.write(1)
        # published without a ring: the look of each interval finds it
        stream.db.execute(
            "with taken as (delete from pydb_internal.event_waiting returning *), head as ("
            " update pydb_internal.event_head set position = 1 returning position)"
            " insert into pydb.event select h.position, t.id, t.topic, t.workspace, t.payload, t.created_at,"
            " now(), t.author from taken as t cross join head as h"
        )
        assert take(one, 1) == [1]


def test_a_lost_connection_is_made_anew_and_nothing_is_lost(hub: Hub, stream: Stream) -> None:
    with hub.subscribe() as one:
        assert one.ready()
        for start in (0, 10, 20):
            fill(stream, *range(start, start + 5))
            stream.read(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
            fill(stream, *range(start + 5, start + 10))
            assert take(one, 10) == list(range(start, start + 10))
        assert hub.state().down_since is None


def test_an_event_that_cannot_be_read_ends_no_hub(hub: Hub, stream: Stream) -> None:
    stream.db.execute(
        "insert into pydb_internal.event_waiting (topic, payload)"
        " values ('orders', (repeat('[', 5000) || repeat(']', 5000))::jsonb)"
    )
    stream.publish()
    with hub.subscribe(since=0) as one:
        until = time.monotonic() + 30
        while hub.state().trouble is None:
            assert time.monotonic() < until
            time.sleep(PAUSE)
        stream.db.execute("update pydb.event set payload = '{\"n\": 7}'")
        assert take(one, 1) == [7]


@pytest.mark.parametrize(
    "wrong",
    [{"workspace": "a\0b"}, {"workspace": "\udc80"}, {"topics": ["a\0"]}, {"since": -1}, {"since": 2**63}],
)
def test_what_no_event_can_have_is_refused(hub: Hub, wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        hub.subscribe(**wrong)  # type: ignore[arg-type]
    assert hub.state().subscribers == 0


def test_tasks_get_events_as_threads_do(hub: Hub, stream: Stream) -> None:
    fill(stream, *range(60))

    async def reader(count: int, since: int | None) -> list[object]:
        found: list[object] = []
        async with hub.subscribe(since=since) as one:
            async for event in one:
                found.append(number(event))
                if len(found) == count:
                    return found
        return found

    async def main() -> list[list[object]]:
        tasks = [asyncio.create_task(reader(65, 0)) for _ in range(20)]
        tasks += [asyncio.create_task(reader(5, 60)) for _ in range(20)]
        await asyncio.sleep(0)
        await asyncio.to_thread(fill, stream, *range(60, 65))
        return await asyncio.wait_for(asyncio.gather(*tasks), 60)

    found = asyncio.run(main())
    assert found == [list(range(65))] * 20 + [list(range(60, 65))] * 20


def test_one_more_than_may_be_is_refused_and_closing_ends_all(dsn: str) -> None:
    hub = Hub(dsn, most=2)
    first, second = hub.subscribe(), hub.subscribe()
    with pytest.raises(UsageError, match="2 subscribers"):
        hub.subscribe()
    assert hub.state().dropped == {"refused": 1}
    second.close()
    third = hub.subscribe()
    ended: list[object] = []
    thread = threading.Thread(target=lambda: ended.append(third.get()))
    thread.start()
    hub.close()
    thread.join(30)
    assert ended == [None]
    assert (first.reason, third.reason) == ("closed", "closed")
    with pytest.raises(UsageError, match="closed"):
        hub.subscribe()


def test_a_publisher_in_a_thread_publishes_and_survives_a_lost_connection(dsn: str, stream: Stream) -> None:
    told: list[str] = []
    publisher = events.Publisher(dsn, notify=told.append)
    publisher.start()
    try:
        with Hub(dsn) as hub, hub.subscribe() as one:
            assert one.ready()
            stream.write(1)
            assert take(one, 1) == [1]
            stream.read(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
            stream.write(2)
            assert take(one, 1) == [2]
            # several beside it: one works
            others = [events.Publisher(dsn) for _ in range(2)]
            for other in others:
                other.start()
            for value in range(3, 30):
                stream.write(value)
            assert take(one, 27) == list(range(3, 30))
            for other in others:
                other.stop()
    finally:
        publisher.stop()
    assert told[-1:] == ["the database is back"]


def test_publishing_in_python_is_part_of_the_transaction(dsn: str, stream: Stream) -> None:
    with pydb_db.connect(dsn, autocommit=False) as conn:
        assert events.publish(conn, "orders", {"n": 1}) > 0
        conn.rollback()
        events.publish(conn, "orders", {"n": 2}, "mine")
        conn.commit()

    async def more() -> None:
        async with await psycopg.AsyncConnection.connect(dsn) as conn:
            await events.apublish(conn, "orders", {"n": 3})

    asyncio.run(more())
    with pydb_db.connect(dsn) as conn:
        assert events.status(conn).waiting == 2
        assert events.Publisher(dsn).once(conn) == 2
        found = events.read(conn, 0)
        assert [(one.position, number(one), one.workspace) for one in found] == [(1, 2, "mine"), (2, 3, None)]
        assert events.status(conn).position == 2
        assert events.prune(conn) == 0
        with pytest.raises(UsageError, match="refused"):
            events.publish(conn, "runs", {})


def test_a_component_whose_health_changes_is_told_once(dsn: str, stream: Stream) -> None:
    with pydb_db.connect(dsn) as conn:
        publishing.tell_health(conn)
        assert publishing.tell_health(conn) == 0
        stream.read("select pydb.setting_set('kill_switch', 'on')")
        assert publishing.tell_health(conn) == 1
        assert publishing.tell_health(conn) == 0
        stream.read("select pydb.setting_set('kill_switch', 'off')")
        assert publishing.tell_health(conn) == 1
        events.Publisher(dsn).once(conn)
        found = [one.payload for one in events.read(conn, 0, topics=["health"])]
    told = [one for one in found if isinstance(one, dict) and one["subject"] == "database"]
    assert [(one["was"], one["state"], one["reason_code"]) for one in told] == [
        ("ok", "degraded", "kill_switch"),
        ("degraded", "ok", "well"),
    ]


def test_a_publisher_at_work_tells_health_and_goes_on_publishing(
    dsn: str, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "_HEALTH_SECONDS", 0.2)
    publisher = events.Publisher(dsn)
    publisher.start()
    try:
        with Hub(dsn) as hub:
            told = hub.subscribe(topics=["health"], since=0)
            # of a database without a policy
            event = told.get(timeout=30)
            assert event is not None
            assert isinstance(event.payload, dict)
            assert (event.payload["subject"], event.payload["state"]) == ("retention", "degraded")
            orders = hub.subscribe(topics=["orders"])
            assert orders.ready()
            stream.write(7)
            assert take(orders, 1) == [7]
    finally:
        publisher.stop()
    assert publisher.trouble is None


def lasting(check: Callable[[], object]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + 30
    while not check():
        assert time.monotonic() < until
        time.sleep(PAUSE)


class Odd:
    """Publishers whose connections end in errors of all kinds, one after the other."""

    def __init__(self, database: Database, role: RoleFactory, stream: Stream) -> None:
        database.roles.extend(
            ("pydb_owner", "pydb_admin", "pydb_runner", "pydb_monitor", "pydb_app", "pydb_counsel")
        )
        stream.db.execute(roles.ROLES_FILE.read_bytes())
        self.user = role("publisher", "in role pydb_runner")
        self.dsn = f"{database.dsn} user={self.user} application_name=odd"
        self.stream = stream

    def make(self) -> pydb_db.Connection:
        return pydb_db.connect(self.dsn)

    def cancel(self) -> None:
        """57014, while it is at work."""
        with self.stream.db.transaction():
            self.stream.db.execute("lock table pydb_internal.event_head in access exclusive mode")
            waits = (
                "select count(pg_cancel_backend(pid)) from pg_stat_activity where application_name = 'odd'"
            )
            waits += " and wait_event_type = 'Lock'"
            # what is seen of sessions stays the same within a transaction, unless it is asked anew
            lasting(lambda: (self.stream.one("select pg_stat_clear_snapshot()"), self.stream.one(waits))[1])

    def time_out(self) -> None:
        """55P03."""
        self.stream.db.execute(f"alter role {self.user} set lock_timeout = '50ms'".encode())
        self.end()
        with self.stream.db.transaction():
            self.stream.db.execute("lock table pydb_internal.event_head in access exclusive mode")
            lasting(lambda: "lock" in self.trouble())

    def end(self) -> None:
        """57P01."""
        ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'odd'"
        lasting(lambda: self.stream.one(ended))

    def fill(self) -> None:
        """53300."""
        self.stream.db.execute(f"alter role {self.user} connection limit 0".encode())
        self.end()
        lasting(lambda: "too many connections" in self.trouble())
        self.stream.db.execute(f"alter role {self.user} connection limit -1".encode())

    def revoke(self) -> None:
        """42501."""
        self.stream.db.execute("revoke all on function pydb_internal.event_publish_batch from pydb_runner")
        lasting(lambda: "permission denied" in self.trouble())
        self.stream.db.execute("grant execute on function pydb_internal.event_publish_batch to pydb_runner")

    def break_it(self) -> None:
        """No error of the database at all."""
        self.stream.db.execute(
            "alter function pydb_internal.event_publish_batch rename to event_publish_batch_away"
        )
        self.stream.db.execute(
            "create function pydb_internal.event_publish_batch(p_limit integer default 1000) returns text"
            " language sql as 'select ''x'''"
        )
        self.stream.db.execute("grant execute on function pydb_internal.event_publish_batch to pydb_runner")
        lasting(lambda: "ValueError" in self.trouble())
        self.stream.db.execute("drop function pydb_internal.event_publish_batch")
        self.stream.db.execute(
            "alter function pydb_internal.event_publish_batch_away rename to event_publish_batch"
        )

    def trouble(self) -> str:
        behind = self.publisher.behind()
        return "" if behind is None else behind.why

    publisher: events.Publisher


def test_a_publisher_survives_whatever_goes_wrong_and_says_so(
    database: Database, role: RoleFactory, stream: Stream
) -> None:
    told: list[str] = []
    odd = Odd(database, role, stream)
    odd.publisher = events.Publisher(connect=odd.make, notify=told.append)
    odd.publisher.start()
    try:
        for number, fault in enumerate(
            (odd.cancel, odd.time_out, odd.end, odd.fill, odd.revoke, odd.break_it), 1
        ):
            fault()
            stream.write(number)
            lasting(lambda: odd.publisher.published == number)  # noqa: B023
            lasting(lambda: odd.publisher.behind() is None)
    finally:
        odd.publisher.stop()
    assert stream.numbers() == [1, 2, 3, 4, 5, 6]
    assert "the database is back" in told
    assert any("permission denied" in line for line in told)


def test_a_publisher_of_its_own_raises_what_somebody_has_to_mend(
    database: Database, role: RoleFactory, stream: Stream
) -> None:
    odd = Odd(database, role, stream)
    stream.db.execute("revoke all on function pydb_internal.event_publish_batch from pydb_runner")
    with pytest.raises(MissingPrivilege):
        events.Publisher(connect=odd.make).run()


def test_a_publisher_that_is_told_by_nobody_who_listens_goes_on(dsn: str, stream: Stream) -> None:
    def deaf(_line: str) -> None:
        raise BrokenPipeError

    publisher = events.Publisher(dsn, notify=deaf)
    publisher.start()
    try:
        for number in (1, 2):
            stream.write(number)
            lasting(lambda: publisher.published == number)  # noqa: B023
            stream.read(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
    finally:
        publisher.stop()
