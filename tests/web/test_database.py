"""The database gone and back, read-only, behind a pooler, and looked at by a login that may only look."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest
from psycopg import sql

from pydb.web import Settings, create_app
from tests.faults.test_standby import standby_of
from tests.lint import roles
from tests.servers import TestServer
from tests.web.conftest import DEADLINE, Browser, serving
from tests.web.world import LOOK, TOKEN, fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Connection, RoleFactory
    from tests.servers import Database, PgBouncer


HOSTILE = (
    "search_path = 'app'",
    "timezone = 'Asia/Kathmandu'",
    "datestyle = 'German'",
    "intervalstyle = 'sql_standard'",
    "statement_timeout = '1min'",
    "default_transaction_read_only = on",
    "default_transaction_isolation = 'serializable'",
    "bytea_output = 'escape'",
    "extra_float_digits = 0",
)


@pytest.fixture(scope="module")
def mortal(mortal_name: str) -> Iterator[TestServer]:
    """A server that these tests may stop."""
    with TestServer(
        mortal_name, {"wal_level": "replica", "max_wal_senders": 4, "hot_standby": True}
    ) as server:
        yield server


def test_gone_and_back(mortal: TestServer) -> None:
    with mortal.database(migrated=True, filling=fill) as database:
        app = create_app(Settings(dsn=database.dsn, token=TOKEN, drain=1))
        with serving(app) as url:
            browser = Browser(url).sign_in()
            browser.get("/admin/system/health")
            mortal.stop("immediate")
            page = browser.get("/admin/system/health", 503)
            since = re.search(r'The database is gone since <time datetime="([^"]+)"', page)
            assert since, page
            assert 'http-equiv="refresh"' in page
            assert "<nav" in page  # who has signed in stays so
            again = browser.get("/admin/policies", 503)
            assert f'since <time datetime="{since[1]}"' in again
            assert browser.client.get("/livez").status_code == 200
            ready = browser.client.get("/healthz")
            assert (ready.status_code, ready.json()["status"]) == (503, "fail")
            body = browser.client.get("/admin/api/policies").json()
            assert body["error"]["since"].startswith(since[1][:16])
            mortal.start()
            page = browser.get("/admin/system/health")
            assert "policies are overdue" in page
            assert "is gone" not in page
            browser.close()


def family(pid: int) -> list[int]:
    """A process and all that came from it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = path.read_text().rpartition(")")[2].split()
            parents.setdefault(int(words[1]), []).append(int(path.parent.name))
    found = [pid]
    for one in found:
        found.extend(parents.get(one, ()))
    return found


@pytest.mark.parametrize("read", ["dsn", "read_dsn"])
def test_no_answer_has_the_password_of_the_database(
    visit: Callable[..., Browser], tmp_path: Path, read: str
) -> None:
    gone = f"host={tmp_path} dbname=gone user=keeper password=open-sesame"
    settings = {"dsn": gone} if read == "dsn" else {"read_dsn": gone}
    browser = visit(**settings).sign_in()
    for path in ("/admin/system/health", "/admin/policies", "/admin/runs/1"):
        assert "open-sesame" not in browser.get(path, 503)
    bearer = {"authorization": f"Bearer {TOKEN}"}
    for path in ("/healthz", "/metrics", "/admin/api/policies", "/admin/system/health.json"):
        answered = browser.client.get(path, headers=bearer)
        assert answered.status_code in (200, 503), path
        assert "open-sesame" not in answered.text + str(answered.headers), path


def test_a_server_that_stops_answering(mortal: TestServer) -> None:
    with (
        mortal.database(migrated=True, filling=fill) as database,
        serving(create_app(Settings(dsn=database.dsn, token=TOKEN, drain=1))) as url,
    ):
        browser = Browser(url)
        assert browser.client.get("/healthz").json() == {"status": "pass"}
        assert "\nlifecycle_up 1.0\n" in browser.client.get("/metrics").text
        assert mortal.pid is not None
        stopped = family(mortal.pid)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            # an answer is kept for half a second
            while httpx.get(f"{url}/healthz", timeout=DEADLINE).status_code == 200:
                time.sleep(LOOK)
            # many probes, as of a day of such a state: more than there are threads
            with ThreadPoolExecutor(60) as pool:
                probes = [pool.submit(httpx.get, f"{url}/healthz", timeout=DEADLINE) for _ in range(60)]
                scrape = pool.submit(httpx.get, f"{url}/metrics", timeout=DEADLINE)
                began = time.monotonic()
                while not all(probe.done() for probe in probes):
                    asked = time.monotonic()
                    assert browser.client.get("/livez").status_code == 200
                    assert time.monotonic() - asked < 20
                    time.sleep(LOOK)
                assert {probe.result().status_code for probe in probes} == {503}
                assert "\nlifecycle_up 0.0\n" in scrape.result().text
                assert time.monotonic() - began < 60  # 5 s on a quiet machine
        finally:
            for pid in reversed(stopped):
                os.kill(pid, signal.SIGCONT)
        until = time.monotonic() + DEADLINE
        while browser.client.get("/healthz").status_code != 200:
            assert time.monotonic() < until
            time.sleep(LOOK)
        assert "\nlifecycle_up 1.0\n" in browser.client.get("/metrics").text
        browser.close()


def test_a_standby(mortal: TestServer) -> None:
    with mortal.database(migrated=True, filling=fill) as database, standby_of(mortal) as standby:
        app = create_app(Settings(dsn=standby.dsn(database.name), token=TOKEN, drain=1))
        with serving(app) as url:
            browser = Browser(url).sign_in()
            page = browser.get("/admin/system/health")
            assert "a standby: nothing can be run here" in page
            page = browser.get("/admin/policies/events")
            refused = browser.post("/admin/policies/events/pause", page, reason="x")
            assert refused.status_code == 409
            assert "Traceback" not in refused.text
            plan = browser.get("/admin/policies/events/plan")
            ticket = re.search(r'name="ticket" value="([^"]+)"', plan)
            assert ticket
            run = browser.post("/admin/policies/events/run", plan, ticket=ticket[1], reason="x")
            assert run.status_code == 409
            browser.close()


def test_behind_a_pooler(pgbouncer: PgBouncer, database: Database, db: Connection) -> None:
    app = create_app(Settings(dsn=pgbouncer.dsn(database.name), token=TOKEN, drain=1))
    with serving(app) as url:
        browser = Browser(url).sign_in()
        for path in ("/admin/system/health", "/admin/policies/events", "/admin/runs", "/admin/jobs/1"):
            assert "Not known." not in browser.get(path)
        page = browser.get("/admin/policies/events/plan")
        ticket = re.search(r'name="ticket" value="([^"]+)"', page)
        assert ticket
        answered = browser.post("/admin/policies/events/run", page, ticket=ticket[1], reason="through it")
        while "It has ended" not in (receipt := browser.get(answered.headers["location"])):
            time.sleep(LOOK)
        assert "completed" in receipt
        browser.close()
    # nothing of a look stays with a connection that others get
    with psycopg.connect(pgbouncer.dsn(database.name), autocommit=True) as other:
        for name in ("statement_timeout", "default_transaction_read_only", "search_path"):
            shown = other.execute(sql.SQL("show {}").format(sql.Identifier(name))).fetchone()
            assert shown in [("0",), ("off",), ('"$user", public',)]


def test_a_login_that_may_only_look(
    database: Database, db: Connection, role: RoleFactory, make: Callable[..., Browser]
) -> None:
    database.roles.extend(
        ("pydb_owner", "pydb_admin", "pydb_runner", "pydb_monitor", "pydb_app", "pydb_counsel")
    )
    db.execute(roles.ROLES_FILE.read_bytes())
    viewer = role("viewer", "in role pydb_monitor")
    browser = make(read_dsn=f"{database.dsn} user={viewer}").sign_in()
    page = browser.get("/admin/system/health")
    assert f"looked at as {viewer}" in page
    assert "Not known." not in page
    for path in ("/admin/policies", "/admin/policies/logins", "/admin/runs", "/admin/jobs/1", "/admin/holds"):
        assert "Not known." not in browser.get(path)
    assert "not for this login to read" in browser.get("/admin/runs/1")
    browser.get("/admin/audit", 403)
    # what acts is another login
    page = browser.get("/admin/policies/events")
    assert browser.post("/admin/policies/events/pause", page, reason="x").status_code == 303


def test_a_login_that_may_not_act(
    database: Database, db: Connection, role: RoleFactory, make: Callable[..., Browser]
) -> None:
    database.roles.extend(
        ("pydb_owner", "pydb_admin", "pydb_runner", "pydb_monitor", "pydb_app", "pydb_counsel")
    )
    db.execute(roles.ROLES_FILE.read_bytes())
    viewer = role("viewer", "in role pydb_monitor")
    browser = make(dsn=f"{database.dsn} user={viewer}").sign_in()
    page = browser.get("/admin/policies/events")
    refused = browser.post("/admin/policies/events/pause", page, reason="x")
    assert refused.status_code == 403
    assert "audit_note" in refused.text


def test_looks_are_bounded_and_say_so_in_their_place(make: Callable[..., Browser], db: Connection) -> None:
    browser = make(statement_timeout=1.0).sign_in()
    with db.transaction():
        db.execute("lock table pydb.hold in access exclusive mode")
        page = browser.get("/admin/system/health")
        holds = page[page.index('<h2 id="holds">') :]
        assert "Not known." in holds[: holds.index("</section>")]
        assert "policies are overdue" in page
        assert browser.client.get("/admin/holds").status_code in (409, 503, 504)
    assert "case-7" in browser.get("/admin/holds")


def test_hostile_settings_of_the_database(
    make: Callable[..., Browser], database: Database, db: Connection
) -> None:
    before = Browser.get(make().sign_in(), "/admin/policies")
    for setting in HOSTILE:
        db.execute(f"alter database {database.name} set {setting}".encode())
    db.execute(
        "create function app.now() returns timestamptz language sql as $$ select 'infinity'::timestamptz $$"
    )
    after = Browser.get(make().sign_in(), "/admin/policies")

    def plain(page: str) -> str:
        main = page[page.index("<main") : page.index("</main>")]
        return re.sub(r"\d+ (?:s|min|ms) ago|\d+ s", "", main)

    assert plain(after) == plain(before)


def test_a_database_without_pydb(server: TestServer, empty_dsn: str, make: Callable[..., Browser]) -> None:
    browser = make(dsn=empty_dsn).sign_in()
    answered = browser.client.get("/admin/system/health")
    assert answered.status_code == 400
    assert "pydb migrate up" in answered.text
    assert browser.client.get("/healthz").status_code == 503
