"""The application beside a run: latencies of pgbench before and during a rate-limited retention_run."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.bench.arena import Arena

SCRIPT: Final = """\\set id random(1, {rows})
\\set new random({rows} + 1, 2000000000)
begin;
update reading set sensor = sensor + 1 where id = :id;
select payload from reading where id = :id;
insert into reading values (:new, now(), 1, 'new') on conflict do nothing;
commit;
"""
ROWS_PER_SECOND: Final = 5_000


def p99_ratio(arena: Arena, template: str, rows: int, seconds: int) -> tuple[float, float]:
    """99th percentiles of the latency in ms: during a run that is limited in rate, and before it."""
    with arena.copy(template) as name, arena.connect(name) as connection:
        connection.execute(
            "select pydb.retention_policy_set('reading', 'public.reading', 'taken_at', '50 days',"
            " p_fuse_share => 1, p_rows_per_second => %s, p_batch_target => '20 ms')",
            [ROWS_PER_SECOND],
        )
        _p99(arena, name, rows, 3)
        before = _p99(arena, name, rows, seconds)
        run = threading.Thread(
            target=lambda: connection.execute(
                "call pydb.retention_run('reading', p_max_runtime => make_interval(secs => %s))",
                [seconds + 2],
            )
        )
        run.start()
        during = _p99(arena, name, rows, seconds)
        still_running = run.is_alive()
        run.join()
        if not still_running:
            raise AssertionError("the run ended before pgbench did: nothing was measured")
        return during, before


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
