"""On a standby nothing is scheduled and nothing runs; after a promotion both go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.cli.conftest import Cli
from tests.schedule.conftest import Site, make_site
from tests.servers import CronServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def standby(cron_server: CronServer) -> Iterator[Site]:
    """A hot standby with pg_cron and one policy whose job pg_cron has; its primary is gone."""
    site = make_site(cron_server.app_dsn)
    site.policy("events")
    site.db.execute("select pydb.schedule_sync()")
    site.db.execute("select pydb.idempotency_claim('t', 'k', p_lease => '1 hour')")
    site.db.close()
    cron_server.stop()
    server = CronServer()
    server.copy_of(cron_server)
    (server.data_dir / "standby.signal").touch()
    with server, psycopg.connect(server.app_dsn, autocommit=True) as db:
        yield Site(server.app_dsn, db)


def test_nothing_runs_on_a_standby_until_it_is_promoted(standby: Site, tmp_path: Path) -> None:
    site = standby
    cli = Cli(site.dsn, tmp_path)
    assert site.one("select pg_is_in_recovery()")
    with pytest.raises(psycopg.Error) as caught:
        site.db.execute("select pydb.schedule_sync()")
    assert caught.value.sqlstate == "YD007"
    # both commands end with attention, and neither pretends that something was done
    assert cli("schedule", "sync").code == 1
    assert cli("schedule", "run", "--once").code == 1
    assert "standby" in cli("doctor").out
    assert site.one("select count(*) from pydb.schedule_status where wanted and present") == 2
    site.db.execute("call pydb.schedule_prune()")
    # keys are counted there as well; the counters of events are not on a standby
    counted = "select exact, keys, pending, takeovers, mismatches from pydb.idempotency_stats(%s)"
    for exact in (False, True):
        assert site.rows(counted, exact) == [(True, 1, 1, None, None)]
    assert cli("idempotency", "prune").code == 1

    assert site.one("select pg_promote()")
    site.wait_for("select exists (select from pg_stat_activity where backend_type = 'pg_cron launcher')")
    assert cli("schedule", "sync").code == 0
    assert site.one("select count(*) from pydb.schedule_status where drift is not null") == 0
    assert site.rows(counted, False) == [(True, 1, 1, 0, 0)]
