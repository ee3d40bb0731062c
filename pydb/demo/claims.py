"""One request that a nervous client sends fifty times at once: one effect, one answer."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

from pydb import db, idempotency
from pydb.demo import example
from pydb.demo.screen import seconds

if TYPE_CHECKING:
    import psycopg

    from pydb.demo.screen import Screen

RETRIES: Final = 50
_AT_ONCE: Final = 10
_SCOPE: Final = "demo: POST /backtests/tune"
_REQUEST: Final = {"model": "tuned", "depth": 6}


def demonstrate(dsn: str, screen: Screen) -> bool:
    """Send one request fifty times, ten at a time; whether it had one effect and one answer."""
    screen.step(f"One request, sent {RETRIES} times: one effect (pydb.idempotency.once)")
    key = f"tune-{time.time_ns()}"
    started = time.monotonic()
    with ThreadPoolExecutor(_AT_ONCE) as clients:
        answers = list(clients.map(lambda _: _request(dsn, key), range(RETRIES)))
    took = seconds(time.monotonic() - started)
    with db.connect(dsn) as conn:
        (counted,) = db.run_query(conn, example.script("tuned.sql"))
    runs, ids = counted["runs"], {tune_id for tune_id, _ in answers}
    worked = sum(acquired for _, acquired in answers)
    screen.say(
        f"{worked} did the work, {RETRIES - worked} got its answer; runs started: {runs}; answers: "
        f"{', '.join(f'tune_id {tune_id}' for tune_id in sorted(ids))}; {took}"
    )
    with db.connect(dsn) as conn:
        refused = _refused(conn, key)
    screen.say(f"the same key with another request: {refused}")
    if (runs, worked, len(ids)) != (1, 1, 1):
        screen.bad("A request that is sent again must have one effect and one answer.")
        return False
    screen.good("However often it is sent, it happens once, and everybody gets the same tune_id.")
    return True


def _request(dsn: str, key: str) -> tuple[int, bool]:
    """What the service does for each request: start the run once, give everybody its number."""
    with (
        _connect(dsn) as conn,
        idempotency.once(
            conn, _SCOPE, key, _REQUEST, lease=timedelta(seconds=30), wait=timedelta(seconds=30)
        ) as claim,
    ):
        if isinstance(claim, idempotency.Claim):
            with db.connect(dsn) as work:
                (run,) = db.run_query(work, example.script("tune.sql"))
            claim.complete({"tune_id": run["id"]}, code=201)
            return int(str(run["id"])), True
        result = claim.result if isinstance(claim, idempotency.Replay) else {}
        return int(cast("dict[str, int]", result)["tune_id"]), False


def _refused(conn: db.Connection, key: str) -> str:
    try:
        with idempotency.once(conn, _SCOPE, key, {**_REQUEST, "depth": 7}):
            return "accepted"
    except idempotency.Mismatch as error:
        return f"refused ({error.message})"


def _connect(dsn: str) -> psycopg.Connection[object]:
    return cast("psycopg.Connection[object]", db.connect(dsn))
