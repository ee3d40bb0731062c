"""The hub: one connection reads the stream, any number of subscriptions in this process get it.

The reading thread is the only one that touches the connection. It waits for the publisher's bell, and looks
every second without it. The newest events stay in memory: subscriptions that resume among them cost no query,
however many come back at once. One that resumes further back is brought up from the table, page by page as it
is read; from then on events are put into its queue. One whose queue is full is ended (``reason`` slow): it
resumes from the last position that it has seen, so it loses nothing, and it holds up nobody.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from pydb import db
from pydb.errors import PydbError, UsageError
from pydb.events.event import RESET, Event
from pydb.events.subscription import Bells, Subscription

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Sequence
    from types import TracebackType
    from typing import Self

    from pydb.db import Connection

Connect = Callable[[], "Connection"]

CHANNEL: Final = "pydb_event"
_PAGE: Final = 500
_NEWEST: Final = 2000
_LINGER_SECONDS: Final = 30.0
_RETRY_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_GREATEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class HubState:
    """How the hub is: ``down_since`` is a UNIX time, None while it reads; ``dropped`` counts by reason."""

    position: int | None
    subscribers: int
    delivered: int
    dropped: dict[str, int]
    down_since: float | None
    trouble: str | None


def _is_text(text: str) -> bool:
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def _ring_all(bells: Sequence[asyncio.Event]) -> None:
    for bell in bells:
        bell.set()


class Hub:
    """Reads the stream of one database for all subscriptions of a process; one connection, one thread.

    ``queue``: events that may wait for one subscriber. ``most``: subscriptions at a time; one more is refused
    (:class:`~pydb.errors.UsageError`). The thread begins with the first subscription. A connection that is
    lost is made anew; meanwhile subscriptions wait, and nothing is lost.
    """

    def __init__(
        self,
        dsn: str | None = None,
        *,
        connect: Connect | None = None,
        queue: int = 1000,
        most: int = 1000,
        poll: float = 1.0,
    ) -> None:
        self.queue, self.most, self.poll = queue, most, poll
        self._connect = connect or (lambda: db.connect(dsn))
        self._lock = threading.RLock()
        self._subscriptions: dict[Subscription, None] = {}
        self._position: int | None = None
        self._newest: deque[Event] = deque()  # all that came after position _floor
        self._floor = 0
        self._wanted_at = 0.0
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._inlet, self._outlet = os.pipe()
        os.set_blocking(self._inlet, False)
        os.set_blocking(self._outlet, False)
        self._delivered = 0
        self._dropped: Counter[str] = Counter()
        self._down_since: float | None = None
        self._trouble: PydbError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def subscribe(
        self, *, topics: Iterable[str] = (), workspace: str | None = None, since: int | None = None
    ) -> Subscription:
        """A subscription; ``since``: from after this position on, None = from now on (see ``ready``).

        Raises :class:`~pydb.errors.UsageError` for what no event can have, and where there are too many.
        """
        topics = tuple(topics)
        # it would fail where it is read, for all of the process
        if not all(_is_text(text) for text in (*topics, workspace or "")):
            raise UsageError("a topic or workspace has a zero byte or is not valid UTF-8")
        if since is not None and not 0 <= since <= _GREATEST:
            raise UsageError(f"{since} is no position of an event")
        found = Subscription(self, topics, workspace, since)
        with self._lock:
            if self._stopping:
                raise UsageError("the hub is closed")
            if len(self._subscriptions) >= self.most:
                self._dropped["refused"] += 1
                raise UsageError(f"there are {self.most} subscribers already", hint="come again later")
            self._subscriptions[found] = None
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pydb events hub", daemon=True)
                self._thread.start()
        self._wake()
        return found

    def state(self) -> HubState:
        """How it is: position, subscribers, what was dropped and why, and since when the database is gone."""
        with self._lock:
            return HubState(
                position=self._position,
                subscribers=len(self._subscriptions),
                delivered=self._delivered,
                dropped=dict(self._dropped),
                down_since=self._down_since,
                trouble=None if self._trouble is None else self._trouble.message,
            )

    def count(self, reason: str) -> None:
        """Count a client that was dropped by whoever serves it."""
        with self._lock:
            self._dropped[reason] += 1

    def close(self) -> None:
        """End all subscriptions, the thread and the connection."""
        with self._lock:
            self._stopping = True
            thread, self._thread = self._thread, None
            for one in list(self._subscriptions):
                self._end(one, "closed", count=False)
        if thread is not None:
            self._wake()
            thread.join(30)
        with self._lock:
            for number in (self._inlet, self._outlet):
                if number >= 0:
                    os.close(number)
            self._inlet = self._outlet = -1

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError), self._lock:
            if self._outlet >= 0:
                os.write(self._outlet, b"\0")

    def _end(self, one: Subscription, reason: str, *, count: bool = True) -> None:
        bells: Bells = {}
        with self._lock:
            if one.reason is not None:
                return
            one.reason = reason
            self._subscriptions.pop(one, None)
            if count:
                self._dropped[reason] += 1
            one._ring(bells)
        self._ring(bells)

    def _ring(self, bells: Bells) -> None:
        for loop, waiting in bells.items():
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(_ring_all, waiting)

    def _run(self) -> None:
        failures = 0
        while not self._stopping:
            try:
                with self._connect() as conn:
                    is_rung = db.listen(conn, CHANNEL)
                    with self._lock:
                        self._down_since = self._trouble = None
                    while not self._stopping:
                        self._read(conn)
                        failures = 0
                        self._wait(conn if is_rung else None, self.poll)
            except Exception as error:  # whatever it is: who subscribes must not wait for a thread that ended
                with self._lock:
                    self._down_since = self._down_since or time.time()
                    self._trouble = (
                        error
                        if isinstance(error, PydbError)
                        else PydbError(f"the stream cannot be read: {type(error).__name__}")
                    )
                if not self._stopping:
                    self._wait(None, _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])
                failures += 1

    def _wait(self, conn: Connection | None, seconds: float) -> None:
        """Until the bell rings, a subscription wants something, or the time is over."""
        with (
            selectors.DefaultSelector() as selector
        ):  # a process may have more files open than select() takes
            selector.register(self._inlet, selectors.EVENT_READ)
            if conn is not None:
                selector.register(db.fileno(conn), selectors.EVENT_READ)
            selector.select(seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._inlet, 65536)
        if conn is not None:
            db.heard(conn)

    def _read(self, conn: Connection) -> None:
        with self._lock:
            is_wanted = bool(self._subscriptions)
        now = time.monotonic()
        if is_wanted:
            self._wanted_at = now
        elif now - self._wanted_at > _LINGER_SECONDS:
            self._position = None
        if self._position is None and is_wanted:
            (row,) = db.call(conn, "event_status")
            with self._lock:
                self._position = self._floor = int(str(row["position"]))
                self._newest.clear()
        while self._position is not None:
            found = self._page(conn, self._position, (), None, _PAGE)
            self._hand_out(found)
            if len(found) < _PAGE:
                break
        self._join(conn)

    def _join(self, conn: Connection) -> None:
        """Give subscriptions that are behind their next page, from memory where that reaches back."""
        with self._lock:
            joining = [one for one in self._subscriptions if not one._live and not one._queue]
        page = min(_PAGE, self.queue)
        pages: dict[object, list[Event]] = {}
        for one in joining:
            if one.reason is not None or self._position is None:  # gone, or come meanwhile
                continue
            since = self._position if one.cursor is None else one.cursor
            if self._floor <= since <= self._position:
                newer = (event for event in self._newest if event.position > since and one.wants(event))
                found = list(islice(newer, page))
            else:
                wanted = (since, one.topics, one.workspace)
                if wanted not in pages:  # many come back at once to where they were cut off
                    pages[wanted] = self._page(conn, since, tuple(one.topics), one.workspace, page)
                found = pages[wanted]
            bells: Bells = {}
            with self._lock:
                one.cursor = since
                for event in found:
                    one._put(event, bells)
                self._delivered += len(found)
                one._joined = True
                one._live = len(found) < page
                one._ring(bells)
            self._ring(bells)

    def _page(
        self, conn: Connection, since: int, topics: tuple[str, ...], workspace: str | None, limit: int
    ) -> list[Event]:
        return db.call_as(
            conn,
            Event,
            "event_read",
            p_since=since,
            p_topics=topics or None,
            p_workspace=workspace,
            p_limit=limit,
        )

    def _hand_out(self, found: Sequence[Event]) -> None:
        if not found:
            return
        bells: Bells = {}
        slow = []
        with self._lock:
            live = [one for one in self._subscriptions if one._live]
            for event in found:
                for one in live:
                    if one.reason is not None or not one.wants(event):
                        continue
                    if event.topic != RESET and one.cursor is not None and event.position <= one.cursor:
                        continue  # it came with a page
                    if len(one._queue) >= self.queue:
                        slow.append(one)
                        one._live = False
                        one.reason = "slow"
                        self._subscriptions.pop(one, None)
                        self._dropped["slow"] += 1
                        one._ring(bells)
                        continue
                    one._put(event, bells)
                    self._delivered += 1
            for event in found:
                if event.topic == RESET:
                    self._newest.clear()
                    self._floor = event.position
                else:
                    self._newest.append(event)
            while len(self._newest) > _NEWEST:
                self._floor = self._newest.popleft().position
            self._position = found[-1].position
        self._ring(bells)
