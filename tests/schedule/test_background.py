"""The scheduler inside an application: it starts with it, drains when it ends, takes new credentials."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from pydb import db
from pydb.background import Background
from pydb.errors import DatabaseUnavailable, SchedulerUnusable
from tests.schedule.test_run import CLAIMS, make_due
from tests.servers import PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.schedule.conftest import Site

ALIVE = "select stopped_at is null from pydb.scheduler where id = %s"


def wait_until(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(PAUSE)


def test_it_starts_fires_and_says_good_bye(site: Site) -> None:
    background = Background(lambda: db.connect(site.dsn))
    with background:
        assert background.is_running
        assert site.one(ALIVE, background.id) is True
        make_due(site)
        background.look()
        wait_until(lambda: site.rows(CLAIMS) == [("succeeded", 1)])
    assert (background.is_running, background.error) == (False, None)
    assert site.one(ALIVE, background.id) is False
    assert site.one("select count(*) from t.event") == 0
    background.stop()  # once more: nothing happens


def test_a_stop_lets_a_running_job_finish(site: Site) -> None:
    make_due(site)
    site.close_gate()
    background = Background(lambda: db.connect(site.dsn))
    background.start()
    site.wait_at_gate()
    stopping = threading.Thread(target=background.stop)
    stopping.start()
    site.open_gate()
    stopping.join()
    assert site.rows(CLAIMS) == [("succeeded", 1)]
    assert site.rows("select state from pydb.job_run where subject = 'events'") == [("completed",)]


def test_a_stop_cancels_what_takes_too_long(site: Site) -> None:
    make_due(site)
    site.close_gate()
    background = Background(lambda: db.connect(site.dsn), stop_seconds=0)
    background.start()
    site.wait_at_gate()
    background.stop()
    assert site.rows(CLAIMS) == [("interrupted", 1)]
    site.open_gate()


def test_what_keeps_it_from_running_is_raised_at_the_start(site: Site) -> None:
    away = Background(lambda: db.connect("host=/nonexistent dbname=app"))
    with pytest.raises(DatabaseUnavailable):
        away.start()
    assert not away.is_running
    never = Background(lambda: db.connect(site.dsn))
    never.stop()
    assert not never.is_running


def test_where_something_else_fires_it_refuses(site: Site) -> None:
    site.db.execute("select from pydb.setting_set('schedule_backend', 'external')")
    refused = Background(lambda: db.connect(site.dsn))
    with pytest.raises(SchedulerUnusable):
        refused.start()
    assert isinstance(refused.error, SchedulerUnusable)


def test_each_connection_is_asked_for(site: Site) -> None:
    """A new password is taken with the next connection, and sessions that were ended are made anew."""
    asked: list[str] = []

    def connect() -> db.Connection:
        asked.append(site.dsn)
        return db.connect(f"{site.dsn} application_name=background")

    with Background(connect) as background:
        before = len(asked)
        site.db.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'background'"
        )
        background.look()
        wait_until(lambda: len(asked) > before)
        wait_until(
            lambda: site.one("select count(*) from pg_stat_activity where application_name = 'background'")
        )
        assert background.is_running
    assert site.one(ALIVE, background.id) is False
