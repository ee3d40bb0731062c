"""What one subscriber has of the stream: a queue that the hub fills, and the place that it has come to."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING

from pydb.events.event import RESET, Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from types import TracebackType
    from typing import Self

    from pydb.events.hub import Hub

Bells = dict[asyncio.AbstractEventLoop, list[asyncio.Event]]
"""Bells of tasks, by the loop that may ring them."""


class Subscription:
    """The events of some topics and one workspace, in the order of the stream.

    Iterate it (``for`` in a thread, ``async for`` in a task), or take one event with :meth:`get` or
    :meth:`aget`. Close it, or use it as a context manager. When it ends by itself ``reason`` says why: slow
    or closed.
    """

    def __init__(self, hub: Hub, topics: Iterable[str], workspace: str | None, since: int | None) -> None:
        self.topics = frozenset(topics)
        self.workspace = workspace
        self.cursor = since
        self.reason: str | None = None
        self._hub = hub
        self._queue: deque[Event] = deque()
        self._live = False
        self._joined = False
        self._filled = threading.Condition(hub._lock)
        self._task: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event]:
        while True:
            event = self.get()
            if event is None:
                return
            yield event

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            event = await self.aget()
            if event is None:
                return
            yield event

    def close(self) -> None:
        """End it; whoever waits for an event gets None."""
        self._hub._end(self, "closed", count=False)

    def ready(self, timeout: float = 10.0) -> bool:
        """Wait until it has its place in the stream: what is published now comes. False on time-out."""
        with self._filled:
            return self._filled.wait_for(lambda: self._joined or self.reason is not None, timeout)

    def get(self, timeout: float | None = None) -> Event | None:
        """The next event; None if it has ended, or after ``timeout`` seconds."""
        with self._filled:
            if not self._queue and not self._live:
                self._hub._wake()  # the next page
            self._filled.wait_for(lambda: self._queue or self.reason is not None, timeout)
            return self._queue.popleft() if self._queue else None

    async def aget(self) -> Event | None:
        """The next event; None if it has ended. For one task at a time."""
        found = await self.aget_many(1)
        return found[0] if found else None

    async def aget_many(self, most: int = 200) -> list[Event]:
        """The events that wait, at least one; none if it has ended. Who lags catches up in larger steps."""
        loop = asyncio.get_running_loop()
        while True:
            with self._hub._lock:
                if self._queue:
                    return [self._queue.popleft() for _ in range(min(most, len(self._queue)))]
                if self.reason is not None:
                    return []
                if self._task is None or self._task[0] is not loop:
                    self._task = (loop, asyncio.Event())
                bell = self._task[1]
                bell.clear()
                if not self._live:
                    self._hub._wake()
            await bell.wait()

    def resume_point(self) -> int | None:
        """Up to where nothing is left for it, whatever its topics are; None if something waits."""
        with self._hub._lock:
            return self._hub._position if self._live and not self._queue else None

    def wants(self, event: Event) -> bool:
        """Whether the event is of its topics and workspace."""
        if event.topic == RESET:
            return True
        return (not self.topics or event.topic in self.topics) and (
            self.workspace is None or event.workspace == self.workspace
        )

    def _put(self, event: Event, bells: Bells) -> None:
        self._queue.append(event)
        self.cursor = event.position
        self._ring(bells)

    def _ring(self, bells: Bells) -> None:
        self._filled.notify_all()
        if self._task is not None:
            bells.setdefault(self._task[0], []).append(self._task[1])
