"""Fifty retries of one request, all at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import httpx

from pydb import db
from pydb.demo.services.stage import script

if TYPE_CHECKING:
    from pydb.demo.services.stage import Stage

RETRIES: Final = 50
_ORDER: Final = {"strategy": "momentum", "trials": 40}
_HEADERS: Final = {"x-api-key": "key-of-alpha", "idempotency-key": "tune-of-tuesday"}


def prove(conn: db.Connection, stage: Stage, url: str) -> None:
    """Send them, compare the answers, count what was done; then another request under the same key."""
    stage.screen.step(f"POST /backtests/tune, {RETRIES} times at once under one key")
    answers = asyncio.run(_retries(url))
    stage.equal("tune_once", f"tunings that {RETRIES} retries at once have done", _tunes(conn), 1)
    stage.equal(
        "tune_status",
        f"answers 201 to {RETRIES} retries",
        sum(one.status_code == 201 for one in answers),
        RETRIES,
    )
    stage.equal("tune_equal", "different answers among them", len({one.content for one in answers}), 1)
    replayed = sum("idempotent-replayed" in one.headers for one in answers)
    stage.equal("tune_replayed", "answers that say that they are replays", replayed, RETRIES - 1)
    slowest = max(one.elapsed.total_seconds() for one in answers)
    stage.at_most("tune_seconds", "the slowest of them", slowest, 10.0, "s")
    with httpx.Client(base_url=url, headers=_HEADERS, timeout=30) as client:
        other = client.post("/backtests/tune", json={**_ORDER, "trials": 1})
        stage.equal("tune_other", "another request under the same key is refused", other.status_code, 422)
        beta = client.post("/backtests/tune", json=_ORDER, headers={"x-api-key": "key-of-beta"})
    stage.equal("tune_tenant", "the same key of another customer is another one", beta.status_code, 201)
    stage.equal("tune_two", "tunings in the table at the end", _tunes(conn), 2)


async def _retries(url: str) -> list[httpx.Response]:
    limits = httpx.Limits(max_connections=RETRIES)
    async with httpx.AsyncClient(base_url=url, headers=_HEADERS, timeout=30, limits=limits) as client:
        return await asyncio.gather(*(client.post("/backtests/tune", json=_ORDER) for _ in range(RETRIES)))


def _tunes(conn: db.Connection) -> int:
    (found,) = db.run_query(conn, script(__file__, "tunes.sql"))
    return int(str(found["tunes"]))
