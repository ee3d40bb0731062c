"""The trading back end where pg_cron fires: the same claims, its jobs instead of pydb's scheduler."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from pydb.demo.screen import Screen
from pydb.demo.services import SERVICES, load
from pydb.demo.services.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import CronServer


def test_pg_cron_has_the_three_prunes(cron_server: CronServer, tmp_path: Path) -> None:
    said = io.StringIO()
    slow = {"tune_seconds": "60", "model_seconds": "60", "model_others": "60"}  # other tests run beside
    stage = Stage(cron_server, cron_server.app_dsn, 20_000, tmp_path, Screen(said), slow)
    load(SERVICES["trading-back-end"]).prove(stage)
    assert [proof for proof in stage.proofs if not proof.ok] == []
    proofs = {proof.key: proof for proof in stage.proofs}
    assert proofs["night_jobs"].claim == "pg_cron has the three jobs at 3:15, 3:20, 3:25"
    told = said.getvalue()
    assert "pydb schedule run" not in told
    for minute, policy in ((15, "trade_events"), (20, "job_runs"), (25, "match_runs")):
        assert f"{minute} 3 * * *  call pydb.retention_run('{policy}'" in told
