"""The decorator: calls a function with a time-out, and answers for it where its provider does not."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import logging
import re
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, ParamSpec, Protocol, TypeVar, cast, overload

from pydb.degraded import tally
from pydb.degraded.answer import Answer
from pydb.degraded.reasons import REASONS, reason_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping

P = ParamSpec("P")
T = TypeVar("T")

LOG: Final = logging.getLogger("pydb.degraded")
AGAIN: Final = frozenset({"refused", "connection", "rate_limited", "server_error"})
"""Reasons after which another attempt may help."""
DEFECTS: Final = (
    AssertionError, AttributeError, ImportError, NameError, NotImplementedError, SyntaxError, TypeError,
)  # fmt: skip
"""Errors of the program itself: they reach the caller, unless ``reasons`` names them."""
_PROVIDER: Final = re.compile(r"[a-z][a-z0-9_.-]{0,62}\Z")
_REASON: Final = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")


class Decorator(Protocol):
    """What :func:`degraded` returns: for sync and async functions."""

    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, function: Callable[P, Coroutine[object, object, T]], /
    ) -> Callable[P, Coroutine[object, object, Answer[T]]]: ...
    @overload
    def __call__(self, function: Callable[P, T], /) -> Callable[P, Answer[T]]: ...


@dataclass(frozen=True, slots=True)
class _Terms:
    provider: str
    timeout: float | None
    fallback: object
    attempts: int
    pause: float
    reasons: Mapping[type[BaseException], str]
    most_abandoned: int

    def reason(self, error: BaseException) -> str:
        return self.named(error) or reason_of(error)

    def named(self, error: BaseException) -> str | None:
        return next((self.reasons[kind] for kind in type(error).__mro__ if kind in self.reasons), None)

    def is_defect(self, error: BaseException) -> bool:
        return isinstance(error, DEFECTS) and self.named(error) is None


class _Left(Exception):
    """A sync call did not end in time and was left behind."""


class _Busy(Exception):
    """Too many calls that were left behind are still at work."""


def degraded(
    *,
    provider: str,
    timeout: float | None = None,
    fallback: object = None,
    attempts: int = 1,
    pause: float = 0.1,
    reasons: Mapping[type[BaseException], str] | None = None,
    most_abandoned: int = 8,
) -> Decorator:
    """Decorate a function that asks a provider; it returns an :class:`Answer` whatever the provider does.

    Errors of the program itself (:data:`DEFECTS`: a wrong name, type or argument) are passed on, and not
    counted.

    ``timeout`` in seconds, for all attempts together; None = none. ``fallback`` is a value, or a function of
    the same arguments (and async, if it likes, for an async function). ``attempts``: how often it is tried
    after a refused or lost connection, 429 or 5xx, with ``pause`` seconds before the second, twice that
    before the third, and so on. ``reasons``: reason codes of the application's own errors, by their class.
    ``most_abandoned``: see the module.

    A cancellation from outside of an async function is passed on, after it was counted.
    """
    if not _PROVIDER.match(provider):
        raise ValueError(f"provider is a name in small letters: {provider!r}")
    if timeout is not None and not timeout > 0:
        raise ValueError("timeout is more than 0 seconds")
    if attempts < 1 or pause < 0 or most_abandoned < 1:
        raise ValueError("attempts and most_abandoned are at least 1, pause at least 0")
    if not all(_REASON.match(code) for code in (reasons or {}).values()):
        raise ValueError("a reason code is a name in small letters")
    terms = _Terms(provider, timeout, fallback, attempts, pause, reasons or {}, most_abandoned)

    def decorate(function: Callable[..., object]) -> Callable[..., object]:
        return (
            _of_async(function, terms) if inspect.iscoroutinefunction(function) else _of_sync(function, terms)
        )

    return cast("Decorator", decorate)


def _of_sync(function: Callable[..., object], terms: _Terms) -> Callable[..., object]:
    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> Answer[object]:
        deadline = None if terms.timeout is None else time.monotonic() + terms.timeout
        attempt = 1
        while True:
            try:
                value = _bounded(functools.partial(function, *args, **kwargs), deadline, terms)
            except Exception as error:
                if terms.is_defect(error):
                    raise
                reason = _told(error, terms)
                pause = _pause(terms, reason, attempt, deadline)
                if pause is None:
                    return _answer(terms, reason, attempt, _fallback(terms, args, kwargs))
                LOG.info("%s: attempt %s: %s", terms.provider, attempt, reason)
                time.sleep(pause)
                attempt += 1
            else:
                return Answer(value, False, None, terms.provider, attempts=attempt)

    return call


def _of_async(function: Callable[..., object], terms: _Terms) -> Callable[..., object]:
    @functools.wraps(function)
    async def call(*args: object, **kwargs: object) -> Answer[object]:
        deadline = None if terms.timeout is None else time.monotonic() + terms.timeout
        attempt = 1
        own = asyncio.current_task()
        before = 0 if own is None else own.cancelling()
        while True:
            try:
                left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
                async with asyncio.timeout(left):
                    value = await cast("Awaitable[object]", function(*args, **kwargs))
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                reason = _told(error, terms)
                if task is not None and task.cancelling():  # who asked wants no answer any more
                    tally.count(terms.provider, reason)
                    raise
                return _answer(terms, reason, attempt, await _afallback(terms, args, kwargs))
            except Exception as error:
                if terms.is_defect(error):
                    raise
                reason = _told(error, terms)
                task = asyncio.current_task()
                if task is not None and task.cancelling() > before:  # the function made an error of it
                    tally.count(terms.provider, reason)
                    raise asyncio.CancelledError from error
                pause = _pause(terms, reason, attempt, deadline)
                if pause is None:
                    return _answer(terms, reason, attempt, await _afallback(terms, args, kwargs))
                LOG.info("%s: attempt %s: %s", terms.provider, attempt, reason)
                await asyncio.sleep(pause)
                attempt += 1
            else:
                return Answer(value, False, None, terms.provider, attempts=attempt)

    return call


def _bounded(function: Callable[[], object], deadline: float | None, terms: _Terms) -> object:
    """Call it in a thread that may be left behind, if there is a time-out; else here."""
    if deadline is None:
        return function()
    if tally.abandoned(terms.provider).running >= terms.most_abandoned:
        raise _Busy
    context = contextvars.copy_context()
    lock, over = threading.Lock(), threading.Event()
    found: list[object] = []
    failed: list[BaseException] = []
    is_left = False

    def work() -> None:
        try:
            found.append(context.run(function))
        except BaseException as error:
            failed.append(error)
        with lock:
            over.set()
            if is_left:
                tally.ended(terms.provider)

    threading.Thread(target=work, name=f"degraded {terms.provider}", daemon=True).start()
    over.wait(max(deadline - time.monotonic(), 0.0))
    with lock:
        if not over.is_set():
            is_left = True
            tally.leave(terms.provider)
            raise _Left
    if failed:
        raise failed[0]
    return found[0]


def _told(error: BaseException, terms: _Terms) -> str:
    """The reason of an error, which goes to the log with its stack trace."""
    if isinstance(error, _Busy):
        LOG.warning("%s: not called: %s calls are still at work", terms.provider, terms.most_abandoned)
        return "busy"
    if isinstance(error, _Left):
        LOG.warning("%s: no answer within %s s; its thread is left behind", terms.provider, terms.timeout)
        return "timeout"
    reason = terms.reason(error)
    LOG.warning("%s: %s", terms.provider, reason, exc_info=error)
    return reason


def _pause(terms: _Terms, reason: str, attempt: int, deadline: float | None) -> float | None:
    """How long to wait before another attempt; None = there is none."""
    if reason not in AGAIN or attempt >= terms.attempts:
        return None
    pause = terms.pause * 2 ** (attempt - 1)
    return pause if deadline is None or time.monotonic() + pause < deadline else None


def _answer(terms: _Terms, reason: str, attempt: int, value: object) -> Answer[object]:
    tally.count(terms.provider, reason)
    said = REASONS.get(reason, REASONS["error"])
    return Answer(value, True, reason, terms.provider, f"{terms.provider} {said}", attempt)


def _fallback(terms: _Terms, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    if not callable(terms.fallback):
        return terms.fallback
    try:
        return terms.fallback(*args, **kwargs)
    except Exception:
        LOG.exception("%s: the fallback failed", terms.provider)
        return None


async def _afallback(terms: _Terms, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    found = _fallback(terms, args, kwargs)
    if not inspect.isawaitable(found):
        return found
    try:
        return await found
    except Exception:
        LOG.exception("%s: the fallback failed", terms.provider)
        return None
