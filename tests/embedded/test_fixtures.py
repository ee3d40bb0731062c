"""The fixtures that every other test stands on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg

from tests.servers import PAUSE

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection, RoleFactory
    from tests.servers import CronServer, PgBouncer, TestServer


def test_server_is_of_its_major(server: TestServer, empty_dsn: str) -> None:
    with psycopg.connect(empty_dsn) as connection:
        assert connection.info.server_version // 10000 == server.major
        assert connection.execute("select to_regnamespace('pydb')").fetchone() == (None,)


def test_database_is_migrated_and_fresh(db: Connection) -> None:
    found = db.execute("select count(*) from pydb.job_run").fetchone()
    db.execute("create table public.only_here ()")
    assert found == (0,)


def test_database_of_another_test_is_not_seen(db: Connection) -> None:
    assert db.execute("select to_regclass('public.only_here')").fetchone() == (None,)


def test_role_may_own_objects_and_goes_with_the_test(
    connect: Connect, db: Connection, role: RoleFactory
) -> None:
    name = role("owner")
    db.execute(f"grant create on schema public to {name}")
    connect(user=name).execute("create table public.t ()")
    owner = db.execute(
        "select relowner::regrole::text from pg_class where oid = 'public.t'::regclass"
    ).fetchone()
    assert owner == (name,)


def test_cron_server_fires_at_start(cron_server: CronServer) -> None:
    with psycopg.connect(cron_server.app_dsn, autocommit=True) as connection:
        connection.execute("create table public.fired (at timestamptz default now())")
        connection.execute("select cron.schedule('t', '@reboot', 'insert into public.fired default values')")
    cron_server.restart()
    with psycopg.connect(cron_server.app_dsn, autocommit=True) as connection:
        wait = (
            "select status, return_message from cron.job_run_details where status in ('succeeded', 'failed')"
        )
        while not (ended := connection.execute(wait).fetchall()):
            time.sleep(PAUSE)
        assert ended == [("succeeded", "INSERT 0 1")]


def test_pgbouncer_shares_one_backend_between_transactions(pgbouncer: PgBouncer, dsn: str) -> None:
    dbname = str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])
    clients = [
        psycopg.connect(pgbouncer.dsn(dbname), autocommit=True, prepare_threshold=None) for _ in range(2)
    ]
    backends = {client.execute("select pg_backend_pid()").fetchone() for client in clients}
    for client in clients:
        client.close()
    assert len(backends) == 1
