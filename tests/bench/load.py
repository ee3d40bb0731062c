"""The application beside a run: latencies of pgbench without and during a rate-limited retention_run."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.bench.arena import Arena, Connection

SCRIPT: Final = """\\set id random(1, {rows})
\\set new random({rows} + 1, 2000000000)
begin;
update reading set sensor = sensor + 1 where id = :id;
select payload from reading where id = :id;
insert into reading values (:new, now(), 1, 'new') on conflict do nothing;
commit;
"""
ROWS_PER_SECOND: Final = 5_000
ROUNDS: Final = 7
WARM_UP_SECONDS: Final = 3
START_SECONDS: Final = 20.0


def p99_ratios(arena: Arena, template: str, rows: int, seconds: int) -> tuple[list[float], list[float]]:
    """99th percentiles of the latency in ms, a round each: during a run that is limited in rate, and without.

    With and without take turns on one database, so that a machine that slows down slows both.
    """
    during: list[float] = []
    without: list[float] = []
    with arena.copy(template) as name, arena.connect(name) as runner, arena.connect(name) as control:
        control.execute(
            "select pydb.retention_policy_set('reading', 'public.reading', 'taken_at', '50 days',"
            " p_fuse_share => 1, p_rows_per_second => %s)",
            [ROWS_PER_SECOND],
        )
        _p99(arena, name, rows, WARM_UP_SECONDS)
        for number in range(1, ROUNDS + 1):
            without.append(_p99(arena, name, rows, seconds))
            run = threading.Thread(target=runner.execute, args=["call pydb.retention_run('reading')"])
            run.start()
            try:
                _wait_for_batches(control, number)
                during.append(_p99(arena, name, rows, seconds))
                if not run.is_alive():
                    raise AssertionError("the run ended before pgbench did: nothing was measured")
            finally:
                control.execute("select pydb.retention_pause('reading')")
                run.join()
            control.execute("select pydb.retention_resume('reading')")
    return during, without


def _wait_for_batches(control: Connection, number: int) -> None:
    """Wait until the run of this number has planned and deleted: what follows is its steady state."""
    deadline = time.monotonic() + START_SECONDS
    begun = "select count(*) from pydb.job_run where subject = 'reading' and batches > 0"
    while control.execute(begun).fetchone() != (number,):
        if time.monotonic() > deadline:
            raise AssertionError("the run did not begin")
        time.sleep(0.05)


def _p99(arena: Arena, dbname: str, rows: int, seconds: int) -> float:
    server = arena.server
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.sql"
        script.write_text(SCRIPT.format(rows=rows))
        subprocess.run(
            [
                str(server.bin_dir / "pgbench"), "-n", "-c", "2", "-j", "1", "-T", str(seconds), "-R", "200",
                "-f", str(script), "-l", "--log-prefix", str(Path(folder) / "log"),
                "-h", server.host, "-p", str(server.port), "-U", server.user, dbname,
            ],
            check=True, capture_output=True, cwd=folder, timeout=seconds + 60,
        )  # fmt: skip
        lines = [line.split() for log in Path(folder).glob("log*") for line in log.read_text().splitlines()]
    latencies = sorted(int(line[2]) / 1000 for line in lines)
    return latencies[int(len(latencies) * 0.99)]
