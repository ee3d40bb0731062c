"""``pydb serve`` as a process: what it prints, how it ends, and what it refuses to start with."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from tests import forked, processes
from tests.events import serving
from tests.servers import PAUSE
from tests.web.conftest import DEADLINE, Browser
from tests.web.world import LOOK, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Connection
    from tests.forked import Started


@pytest.fixture
def serve(dsn: str, tmp_path: Path) -> Callable[..., Started]:
    """Starts the command, forked; a new interpreter serves the followers of `serving`."""

    def start(*args: str, **env: str) -> Started:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "PYDB_"))}
        whole = {**kept, "PYDB_DSN": dsn, "PYDB_SERVE_PORT": "0", **env}
        return processes.command(["serve", *args], env=whole, cwd=tmp_path)

    return start


def address(process: Started) -> str:
    """Where it listens, by what it prints."""
    assert process.stderr is not None
    line = process.stderr.readline().decode()
    match = re.fullmatch(r"pydb serve: (http://\S+)/admin/system/health\n", line)
    assert match, line + process.stderr.read().decode()
    return match[1]


def test_it_makes_a_token_and_ends_on_sigterm(serve: Callable[..., Started]) -> None:
    process = serve()
    url = address(process)
    assert url.startswith("http://127.0.0.1:")
    assert process.stderr is not None
    token = process.stderr.readline().decode().removeprefix("token, for this server only: ").strip()
    browser = Browser(url)
    browser.sign_in(token=token)
    until = time.monotonic() + DEADLINE
    while "policies are overdue" not in (page := browser.get("/admin/system/health")):
        # the first look is short, and the page comes again by itself
        assert 'http-equiv="refresh"' in page
        assert time.monotonic() < until
        time.sleep(LOOK)
    browser.close()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out, err) == (0, b"", b"")


def test_the_token_of_the_environment_is_not_printed(serve: Callable[..., Started]) -> None:
    process = serve("--read-only", PYDB_SERVE_TOKEN=TOKEN)
    browser = Browser(address(process)).sign_in()
    assert "read-only" in browser.get("/admin/policies")
    browser.close()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out, err) == (0, b"", b"")


def test_a_run_that_is_at_work_at_the_end_is_cancelled_and_says_so(
    serve: Callable[..., Started], db: Connection
) -> None:
    db.execute(
        "create function app.slow() returns trigger language plpgsql"
        " as 'begin perform pg_sleep(60); return old; end'"
    )
    db.execute("create trigger slow before delete on app.login for each row execute function app.slow()")
    db.execute(
        "select pydb.retention_resume('logins'),"
        " pydb.retention_policy_set('logins', 'app.login', 'at', '30 days', p_fuse_share => 1)"
    )
    process = serve(PYDB_SERVE_TOKEN=TOKEN, PYDB_SERVE_DRAIN="0 s")
    url = address(process)
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=DEADLINE) as api:
        plan = api.post("/admin/api/policies/logins/plan").json()
        body = {"ticket": plan["ticket"], "reason": "to be cut short"}
        answered = api.post("/admin/api/policies/logins/run", json=body)
        assert answered.status_code == 202, answered.text
        run = answered.json()["run_id"]
    until = time.monotonic() + DEADLINE
    while db.execute("select from pg_stat_activity where wait_event = 'PgSleep'").fetchone() is None:
        assert time.monotonic() < until
        time.sleep(PAUSE)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, err) == (0, b"")
    found = db.execute(
        "select state, stop_reason, rows_done from pydb.job_run where id = %s", [run]
    ).fetchone()
    assert found == ("cancelled", "cancelled", 0)


def test_it_says_when_publishing_is_behind_and_comes_back(
    serve: Callable[..., Started], db: Connection
) -> None:
    process = serve(PYDB_SERVE_TOKEN=TOKEN)
    url = address(process)

    def ready(status: str) -> dict[str, str]:
        until = time.monotonic() + DEADLINE
        while (found := httpx.get(f"{url}/healthz").json())["status"] != status:
            assert time.monotonic() < until, found
            time.sleep(LOOK)
        return dict(found)

    ready("pass")
    db.execute("alter function pydb_internal.event_publish_batch rename to event_publish_batch_away")
    found = ready("warn")
    assert "publishing events is behind" in found["output"]
    assert "event_publish_batch" in found["output"]
    assert found["since"]
    db.execute("select pydb.event_publish('own', '{}')")
    db.execute("alter function pydb_internal.event_publish_batch_away rename to event_publish_batch")
    ready("pass")
    until = time.monotonic() + DEADLINE
    while db.execute("select from pydb.event where topic = 'own'").fetchone() is None:
        assert time.monotonic() < until
        time.sleep(PAUSE)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    said = err.decode().splitlines()
    assert [line.split(": ")[:2] for line in said] == [["pydb serve", "publishing events"]] * 2
    assert said[0].endswith("; trying again")
    assert said[1].endswith("the database is back")


def test_200_followers_get_every_event_in_order(dsn: str) -> None:
    late = sorted(serving.delays(dsn, 200, 20))
    assert len(late) == 200 * 20
    assert late[-1] < DEADLINE  # how soon on a quiet machine is measured by the bench


def run_serve(dsn: str, tmp_path: Path, *args: str, **env: str) -> tuple[int, str]:
    """Run a command that cannot start."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "PYDB_"))}
    code, _, err = forked.run(
        ["serve", *args], stdin=b"", env={**kept, "PYDB_DSN": dsn, **env}, cwd=tmp_path, timeout=DEADLINE
    )
    return code, err.decode()


def test_a_port_that_is_taken(dsn: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = run_serve(dsn, tmp_path, "--port", str(port))
    assert code == 64
    assert f"cannot listen on 127.0.0.1 port {port}" in said
    assert "--port 0" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"PYDB_SERVE_TOKEN": "short"}, "PYDB_SERVE_TOKEN"),
        ({"PYDB_SERVE_RATES": "5"}, "PYDB_SERVE_RATES is no setting"),
        ({"PYDB_SERVE_TOKEN_FILE": "/nowhere/tokens"}, "/nowhere/tokens"),
        ({"PYDB_SERVE_HOST": "no.such.host.invalid"}, "no.such.host.invalid"),
        ({"PYDB_SERVE_SESSION": "soon"}, "PYDB_SERVE_SESSION"),
    ],
)
def test_wrong_settings(dsn: str, tmp_path: Path, env: dict[str, str], words: str) -> None:
    code, said = run_serve(dsn, tmp_path, **env)
    assert code == 64
    assert words in said
    assert "Traceback" not in said
