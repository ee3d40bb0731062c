"""Whatever a provider does there is an answer, told as what it is, counted, without the error itself."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import http.server
import logging
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest

from pydb.degraded import REASONS, Answer, Reporter, abandoned, counts, degraded, reason_of, report_to
from tests import servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.events.conftest import Stream
    from tests.servers import Database

NAMES = iter(f"p{number}" for number in range(10**6))


@pytest.fixture
def provider() -> str:
    """A name that nothing was counted under."""
    return next(NAMES)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="pydb.degraded")


def until(condition: object) -> None:
    deadline = time.monotonic() + servers.DEADLINE
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(servers.PAUSE)


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A real HTTP server that answers with one status."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def nobody() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def test_an_answer_is_passed_on_with_its_arguments(provider: str) -> None:
    @degraded(provider=provider, timeout=5.0, fallback="none")
    def ask(text: str, *, loud: bool = False) -> str:
        """Its words."""
        return text.upper() if loud else text

    assert ask("a", loud=True) == Answer("A", False, None, provider)
    assert (ask.__name__, ask.__doc__) == ("ask", "Its words.")
    assert counts().get((provider, "timeout")) is None


def test_the_error_goes_to_the_log_and_a_sentence_to_the_user(
    provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    @degraded(provider=provider, fallback=lambda text: f"instead of {text}")
    def ask(text: str) -> str:
        raise RuntimeError(f"secret of {text}")

    answer = ask("a")
    assert answer == Answer("instead of a", True, "error", provider, f"{provider} failed")
    assert "secret of a" in caplog.text
    assert "Traceback" in caplog.text
    assert counts()[provider, "error"] == 1


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("timeout", [None, 30.0])
def test_a_bug_of_the_program_is_not_hidden_unless_asked(
    provider: str, is_async: bool, timeout: float | None
) -> None:
    def bug(text: str) -> str:
        return text.no_such_method()  # type: ignore[attr-defined,no-any-return]

    async def abug(text: str) -> str:
        return bug(text)

    def ask(**options: object) -> object:
        decorate = degraded(provider=provider, timeout=timeout, **options)  # type: ignore[arg-type]
        return asyncio.run(decorate(abug)("a")) if is_async else decorate(bug)("a")

    with pytest.raises(AttributeError):
        ask()
    assert not [key for key in counts() if key[0] == provider]
    answer = ask(reasons={AttributeError: "odd"})
    assert isinstance(answer, Answer)
    assert answer.reason_code == "odd"


def test_a_cancellation_that_the_function_made_an_error_of_is_passed_on(provider: str) -> None:
    begun: list[bool] = []

    @degraded(provider=provider)
    async def ask() -> None:
        try:
            begun.append(True)
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise ConnectionError from None

    async def main() -> None:
        async with asyncio.timeout(None) as outer:
            outer.reschedule(asyncio.get_running_loop().time())
            await ask()

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert begun
    assert counts()[provider, "connection"] == 1


def test_a_fallback_that_fails_is_logged_and_there_is_no_value(
    provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fallback() -> str:
        raise LookupError("nor this")

    @degraded(provider=provider, fallback=fallback)
    def ask() -> str:
        raise RuntimeError

    @degraded(provider=provider, fallback=fallback)
    async def aask() -> str:
        raise RuntimeError

    assert (ask().value, ask().degraded) == (None, True)
    assert asyncio.run(aask()).value is None
    assert "nor this" in caplog.text


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (429, "rate_limited"),
        (500, "server_error"),
        (503, "server_error"),
        (404, "client_error"),
        (504, "timeout"),
    ],
)
def test_a_status_is_told_apart_for_each_client(provider: str, status: int, reason: str) -> None:
    with answering(status) as url:

        @degraded(provider=provider)
        def by_urllib() -> object:
            return urllib.request.urlopen(url, timeout=10).read()  # noqa: S310

        @degraded(provider=provider)
        def by_httpx() -> object:
            return httpx.get(url, trust_env=False).raise_for_status()

        @degraded(provider=provider)
        async def by_async_httpx() -> object:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(url)).raise_for_status()

        assert [
            by_urllib().reason_code,
            by_httpx().reason_code,
            asyncio.run(by_async_httpx()).reason_code,
        ] == [reason] * 3
    assert counts()[provider, reason] == 3


def test_a_connection_that_is_refused_is_told_apart_from_other_trouble(provider: str) -> None:
    port = nobody()

    @degraded(provider=provider)
    def plain() -> object:
        return socket.create_connection(("127.0.0.1", port))

    @degraded(provider=provider)
    def by_urllib() -> object:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}")

    @degraded(provider=provider)
    def by_httpx() -> object:
        return httpx.get(f"http://127.0.0.1:{port}", trust_env=False)

    @degraded(provider=provider)
    async def by_asyncio() -> object:
        return await asyncio.open_connection("127.0.0.1", port)

    @degraded(provider=provider)
    def by_psycopg() -> object:
        return psycopg.connect(f"host=127.0.0.1 port={port}")

    assert [plain().reason_code, by_urllib().reason_code, by_httpx().reason_code] == ["refused"] * 3
    assert asyncio.run(by_asyncio()).reason_code == "refused"
    assert by_psycopg().reason_code == "connection"  # the driver does not say which


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), "timeout"),
        (httpx.ReadTimeout("x"), "timeout"),
        (httpx.ConnectTimeout("x"), "timeout"),
        (httpx.ReadError("x"), "connection"),
        (psycopg.errors.QueryCanceled("x"), "timeout"),
        (psycopg.OperationalError("timeout expired"), "connection"),
        (ConnectionResetError(), "connection"),
        (socket.gaierror(), "connection"),
        (concurrent.futures.CancelledError(), "cancelled"),
        (RuntimeError("timeout"), "error"),
        (RuntimeError("connection refused, 503"), "error"),
        (FileNotFoundError(), "error"),
        (ValueError(429), "error"),
    ],
)
def test_a_reason_is_the_type_of_the_error_and_not_its_text(error: BaseException, reason: str) -> None:
    assert reason_of(error) == reason
    assert reason in REASONS


def test_an_application_names_reasons_of_its_own(provider: str) -> None:
    class QuotaError(Exception):
        pass

    class DailyQuotaError(QuotaError):
        pass

    @degraded(provider=provider, reasons={QuotaError: "quota"})
    def ask() -> None:
        raise DailyQuotaError

    assert ask().reason_code == "quota"
    assert ask().message == f"{provider} failed"


def test_a_task_is_cancelled_when_its_time_is_over(provider: str) -> None:
    ended: list[str] = []

    @degraded(provider=provider, timeout=0.05, fallback=7)
    async def ask() -> int:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")
        return 1

    answer = asyncio.run(ask())
    assert (answer.value, answer.reason_code) == (7, "timeout")
    assert ended == ["cancelled"]


def test_a_cancellation_from_outside_is_counted_and_passed_on(provider: str) -> None:
    @degraded(provider=provider, timeout=60, fallback=7)
    async def ask(begun: asyncio.Event) -> int:
        begun.set()
        await asyncio.sleep(60)
        return 1

    async def main() -> None:
        begun = asyncio.Event()
        task = asyncio.create_task(ask(begun))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert counts()[provider, "cancelled"] == 1


def test_a_cancellation_of_the_provider_s_own_is_an_answer(provider: str) -> None:
    @degraded(provider=provider, fallback=7)
    async def ask() -> int:
        raise asyncio.CancelledError

    assert asyncio.run(ask()) == Answer(7, True, "cancelled", provider, f"{provider} {REASONS['cancelled']}")


def test_a_thread_that_does_not_answer_is_left_behind_counted_and_bounded(provider: str) -> None:
    release, begun = threading.Event(), []

    @degraded(provider=provider, timeout=0.05, fallback="later", most_abandoned=2)
    def ask() -> str:
        begun.append(1)
        release.wait(60)
        return "late"

    assert [ask().reason_code for _ in range(4)] == ["timeout", "timeout", "busy", "busy"]
    assert len(begun) == 2
    assert (abandoned(provider).left, abandoned(provider).running, abandoned(provider).late) == (2, 2, 0)
    release.set()
    until(lambda: abandoned(provider).running == 0)
    assert abandoned(provider).late == 2
    assert ask() == Answer("late", False, None, provider)
    assert counts()[provider, "busy"] == 2


def test_a_thread_has_the_context_of_its_caller(provider: str) -> None:
    tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant")
    tenant.set("north")

    @degraded(provider=provider, timeout=5)
    def ask() -> str:
        return tenant.get()

    assert ask().value == "north"


@pytest.mark.parametrize("is_async", [False, True])
def test_what_may_pass_is_tried_again_within_the_time(provider: str, is_async: bool) -> None:
    tries: list[float] = []

    def fails() -> str:
        tries.append(time.monotonic())
        if len(tries) < 3:
            raise ConnectionRefusedError
        return "at last"

    options = degraded(provider=provider, attempts=3, pause=0.01, timeout=30)
    if is_async:

        @options
        async def aask() -> str:
            return fails()

        answer = asyncio.run(aask())
    else:
        answer = options(fails)()
    assert answer == Answer("at last", False, None, provider, attempts=3)

    tries.clear()
    once = degraded(provider=provider, attempts=3, pause=90, timeout=60)(fails)()
    assert (once.reason_code, once.attempts, len(tries)) == (
        "refused",
        1,
        1,
    )  # the pause is longer than the time


def test_what_will_not_pass_is_not_tried_again(provider: str) -> None:
    tries = []

    @degraded(provider=provider, attempts=5, pause=0)
    def ask() -> None:
        tries.append(1)
        raise LookupError

    assert ask().attempts == 1
    assert len(tries) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"provider": "LLM"},
        {"provider": "a", "timeout": 0},
        {"provider": "a", "attempts": 0},
        {"provider": "a", "reasons": {ValueError: "a b"}},
        {"provider": "a", "most_abandoned": 0},
    ],
)
def test_options_that_cannot_be_meant_are_refused_where_they_stand(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"name|timeout|attempts"):
        degraded(**options)  # type: ignore[arg-type]


def test_counts_are_reported_in_batches_and_kept_while_the_database_is_away(
    provider: str, database: Database, stream: Stream
) -> None:
    @degraded(provider=provider)
    def ask() -> None:
        raise ConnectionRefusedError

    query = "select coalesce(sum(calls), 0)::int from pydb.degraded_count where provider = %s"
    away = Reporter(f"host=127.0.0.1 port={nobody()}", every=0.05)
    for _ in range(3):
        ask()
    away.start()
    until(lambda: away.trouble is not None)
    away.stop()
    assert stream.one(query, provider) == 0
    reporter = report_to(database.dsn, every=0.05)
    until(lambda: stream.one(query, provider) == 3)
    ask()
    until(lambda: stream.one(query, provider) == 4)
    ask()
    reporter.stop()  # what is left goes at the end
    assert stream.one(query, provider) == 5
    assert reporter.flush() == 0
    assert reporter.trouble is None


def test_a_process_that_ends_reports_what_is_left(database: Database, stream: Stream) -> None:
    code = (
        "from pydb.degraded import degraded, report_to\n"
        f"report_to({database.dsn!r}, every=3600)\n"
        "@degraded(provider='ending')\n"
        "def ask(): raise TimeoutError\n"
        "ask(); ask()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, stderr=subprocess.DEVNULL)
    assert stream.read("select provider, reason_code, calls from pydb.degraded_count") == [
        ("ending", "timeout", 2)
    ]
