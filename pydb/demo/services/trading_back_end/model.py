"""A language model on this machine that answers, stalls, has enough, or breaks, as its address says."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

import httpx

from pydb import db
from pydb.demo.services.stage import script
from pydb.demo.services.trading_back_end.application import MODEL_SECONDS
from pydb.health import components

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydb.demo.services.stage import Stage

STALLED: Final = 20
REASONS: Final = {"stalls": "timeout", "limited": "rate_limited", "broken": "server_error"}
_STATUS: Final = {"answers": 200, "limited": 429, "broken": 500}
_PATIENCE: Final = 10.0


class Model(ThreadingHTTPServer):
    """The model; ``ended`` wakes whoever was left in silence."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Model

    def do_GET(self) -> None:
        """Behave."""
        behaviour = self.path.strip("/")
        if behaviour == "stalls":
            self.server.ended.wait(60)
            return
        body = b"Momentum gained while carry lost."
        self.send_response(_STATUS[behaviour])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it has there
        """What becomes of a request is proved by its client."""


@contextmanager
def serving() -> Iterator[Model]:
    """The model while the block runs."""
    with Model() as model:
        thread = threading.Thread(target=model.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield model
        finally:
            model.ended.set()
            model.shutdown()
            thread.join()


def prove(conn: db.Connection, stage: Stage, url: str) -> None:
    """Ask while it answers, while it stalls (with others beside), and while it refuses in its ways."""
    stage.screen.step(f"A language model that stalls: users wait {MODEL_SECONDS} s at most")
    with logged(stage.folder / "model.log") as log:
        _ask(stage, url)
    traces = len(re.findall(r"^llm: \w+\nTraceback ", log.read_text("utf-8"), re.MULTILINE))
    wanted = {"timeout": STALLED + 1, "rate_limited": 1, "server_error": 1}
    stage.at_least(
        "model_logged", "degraded answers with their cause in the log", traces, sum(wanted.values())
    )
    counted = _counted(conn, wanted)
    stage.equal("model_counted", "all of them are counted in the database", counted == wanted, wanted=True)
    (component,) = components.check(conn, ["degraded"])
    stage.screen.say(f"{component.summary}: {component.detail}")
    stage.equal("model_health", "what health says of it", component.status, "degraded")


@contextmanager
def logged(path: Path) -> Iterator[Path]:
    """What the log ``pydb.degraded`` is told goes to a file: stack traces are not for this screen."""
    log, handler = logging.getLogger("pydb.degraded"), logging.FileHandler(path, encoding="utf-8")
    log.addHandler(handler)
    log.propagate = False
    try:
        yield path
    finally:
        log.propagate = True
        log.removeHandler(handler)
        handler.close()


def _ask(stage: Stage, url: str) -> None:
    with httpx.Client(base_url=url, timeout=30) as client:
        well = client.get("/commentary/answers").json()
        told = {way: client.get(f"/commentary/{way}").json() for way in REASONS}
    stage.equal("model_well", "an answer of the model is not degraded", well["degraded"], wanted=False)
    right = sum(
        told[way]["reason_code"] == reason and told[way]["degraded"] for way, reason in REASONS.items()
    )
    stage.equal("model_reasons", "ways to fail that are told by their reason code", right, len(REASONS))
    for way, answer in told.items():
        stage.screen.say(f"{way:<9} {answer['reason_code']}: {answer['text']}")
    answers, others, took = asyncio.run(_stalled(url))
    degraded = sum(one.status_code == 200 and one.json()["reason_code"] == "timeout" for one in answers)
    stage.equal("model_degraded", "users who get a degraded answer, with 200", degraded, STALLED)
    stage.at_most("model_seconds", "the longest that one of them waited", took, MODEL_SECONDS + 1.0, "s")
    stage.at_most("model_others", "the longest of others meanwhile", others, 0.5, "s")


async def _stalled(url: str) -> tuple[list[httpx.Response], float, float]:
    """The answers to those who asked the silent model, and the slowest of them and of others beside."""
    limits = httpx.Limits(max_connections=STALLED + 1)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as client:
        asked = [asyncio.create_task(client.get("/commentary/stalls")) for _ in range(STALLED)]
        slowest = 0.0
        while not all(one.done() for one in asked):
            started = time.monotonic()
            await client.get("/livez")
            slowest = max(slowest, time.monotonic() - started)
            await asyncio.sleep(0.02)
        answers = [await one for one in asked]
    return answers, slowest, max(one.elapsed.total_seconds() for one in answers)


def _counted(conn: db.Connection, wanted: dict[str, int]) -> dict[str, int]:
    """What the application has reported, once it is as much as is wanted; it reports in batches."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        rows = db.run_query(conn, script(__file__, "degraded.sql"))
        found = {str(row["reason_code"]): int(str(row["calls"])) for row in rows}
        if sum(found.values()) >= sum(wanted.values()) or time.monotonic() > deadline:
            return found
        time.sleep(0.05)
