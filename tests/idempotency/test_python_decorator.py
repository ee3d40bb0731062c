"""``idempotent``: functions whose calls are done once for each key."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from pydb import idempotency
from pydb.idempotency import idempotent
from tests.idempotency.lab import Started
from tests.idempotency.pylab import BodyError

if TYPE_CHECKING:
    from tests.idempotency.lab import Lab

LEASE = timedelta(minutes=5)


def test_calls_of_one_key_work_once(lab: Lab) -> None:
    calls: list[int] = []

    @idempotent(
        lab.db,
        scope=lab.scope,
        key=lambda order, **_: order,
        payload=lambda *_, amount=1: {"amount": amount},
        lease=LEASE,
    )
    def charge(order: int, amount: int = 1) -> dict[str, object]:
        """Charge."""
        calls.append(order)
        return {"order": order, "amounts": (amount,)}

    assert charge.__doc__ == "Charge."
    assert charge(0) == charge(0) == {"order": 0, "amounts": [1]}
    assert charge(1, amount=2) == {"order": 1, "amounts": [2]}
    assert calls == [0, 1]
    with pytest.raises(idempotency.Mismatch):
        charge(1, amount=3)
    assert lab.rows("select key from pydb.idempotency_key where scope = %s order by key", lab.scope) == [
        ("[0]",),
        ("[1]",),
    ]


def test_c11_a_call_without_a_key_is_refused(lab: Lab) -> None:
    @idempotent(lab.db, scope=lab.scope, key=lambda name: name)
    def work(name: str | None) -> None:
        pytest.fail("worked")

    for name in ("", None):
        with pytest.raises(idempotency.ClaimRefused):
            work(name)


def test_failures(lab: Lab) -> None:
    attempts: list[str] = []

    @idempotent(lab.db, scope=lab.scope, key=lambda key: key, retry_on_error=False)
    def never(key: str) -> None:
        raise BodyError("no")

    @idempotent(lab.db, scope=lab.scope, key=lambda key: key)
    def at_last(key: str) -> int:
        attempts.append(key)
        if len(attempts) < 3:
            raise BodyError
        return len(attempts)

    with pytest.raises(BodyError):
        never("never")
    with pytest.raises(idempotency.FailureReplayed, match="failed for good") as caught:
        never("never")
    assert caught.value.error == {"type": "BodyError", "message": "no"}
    assert caught.value.hint
    for _ in range(2):
        with pytest.raises(BodyError):
            at_last("retry")
    assert at_last("retry") == at_last("retry") == 3


def test_calls_at_once_wait_for_the_one_that_works(lab: Lab) -> None:
    calls: list[int] = []
    with ConnectionPool(lab.dsn, min_size=4, max_size=4, kwargs={"autocommit": True}) as pool:

        @idempotent(
            pool,
            scope=lab.scope,
            key=lambda: "one",
            lease=LEASE,
            wait=timedelta(seconds=30),
            heartbeat=True,
        )
        def work() -> int:
            calls.append(1)
            return 42

        started = [Started(work) for _ in range(8)]
        assert [each.ended() for each in started] == [42] * 8
    assert calls == [1]


def test_async_functions(lab: Lab) -> None:
    calls: list[str] = []

    async def main() -> None:
        async with AsyncConnectionPool(lab.dsn, min_size=2, max_size=2, kwargs={"autocommit": True}) as pool:

            @idempotent(pool, scope=lab.scope, key=lambda name: name, lease=LEASE, wait=timedelta(seconds=30))
            async def work(name: str) -> list[str]:
                calls.append(name)
                if name == "bad":
                    raise BodyError
                return [name]

            assert await asyncio.gather(*(work("a") for _ in range(10))) == [["a"]] * 10
            with pytest.raises(BodyError):
                await work("bad")

    asyncio.run(main())
    assert calls == ["a", "bad"]
