"""``idempotent``: a function whose calls are done once for each key."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, ParamSpec, TypedDict, TypeVar, cast

from pydb.idempotency import refusals, values
from pydb.idempotency.block import once
from pydb.idempotency.claims import Acquired
from pydb.idempotency.outcomes import NOTHING, Replay, ReplayedFailure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import timedelta
    from typing import Unpack

    from pydb.idempotency.lent import AsyncSource, Source

P = ParamSpec("P")
T = TypeVar("T")


class Options(TypedDict, total=False):
    """The options of :func:`pydb.idempotency.once` that a decorator takes, with the same meaning."""

    lease: timedelta | str | None
    ttl: timedelta | str | None
    on_stale: str
    max_attempts: int | None
    owner: str | None
    wait: timedelta | None
    heartbeat: bool
    notify: bool
    hmac_key: bytes | None
    retry_on_error: bool


def idempotent(
    source: Source | AsyncSource,
    *,
    scope: str,
    key: Callable[P, object],
    payload: Callable[P, object] | None = None,
    **options: Unpack[Options],
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a function, sync or async as ``source`` is, so that its work is done once for each key.

    ``key`` and ``payload`` get the arguments of each call. A key that is no str is made by
    :func:`~pydb.idempotency.key_of`; without ``payload`` none is compared. The function's result must be a
    JSON value; what a call returns is always what was recorded, so a tuple is a list the first time too.
    Other arguments and exceptions are those of :func:`~pydb.idempotency.once`; a recorded failure raises
    :class:`~pydb.errors.FailureReplayed`.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        def arguments(*args: P.args, **kwargs: P.kwargs) -> tuple[str, object]:
            found = key(*args, **kwargs)
            name = found if isinstance(found, str) and found else values.key_of(found)
            return name, NOTHING if payload is None else payload(*args, **kwargs)

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def run_async(*args: P.args, **kwargs: P.kwargs) -> object:
                name, body = arguments(*args, **kwargs)
                async with once(cast("AsyncSource", source), scope, name, body, **options) as claim:
                    if isinstance(claim, Acquired):
                        result = await cast("Callable[P, Awaitable[object]]", function)(*args, **kwargs)
                        await claim.complete(result)
                        return values.load(values.dump(result))
                    return _answer(claim, scope, name)

            return cast("Callable[P, T]", run_async)

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> object:
            name, body = arguments(*args, **kwargs)
            with once(cast("Source", source), scope, name, body, **options) as claim:
                if isinstance(claim, Acquired):
                    result = function(*args, **kwargs)
                    claim.complete(result)
                    return values.load(values.dump(result))
                return _answer(claim, scope, name)

        return cast("Callable[P, T]", run)

    return decorate


def _answer(claim: Replay | ReplayedFailure, scope: str, key: str) -> object:
    if isinstance(claim, ReplayedFailure):
        raise refusals.replayed(scope, key, claim)
    return claim.result
