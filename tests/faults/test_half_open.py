"""A line over which nothing comes any more, and that nobody closes: a command ends, and says why."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import pytest

from tests.cli.conftest import Cli
from tests.faults.lab import EXPIRED
from tests.faults.proxy import Deaf

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.lab import Lab

# the defaults of pydb, scaled down: 25 s there
SOON: Final = (
    "connect_timeout=2 keepalives_idle=1 keepalives_interval=1 keepalives_count=1 tcp_user_timeout=1500"
)


@pytest.mark.parametrize("command", ["retention", "archive"])
def test_d7_packets_dropped_while_a_run_works(lab: Lab, tmp_path: Path, command: str) -> None:
    lab.table()
    lab.policy(action="export" if command == "archive" else "delete")
    (tmp_path / "files").mkdir()
    words = {
        "retention": ("retention", "run", "events", "--yes"),
        "archive": ("archive", "export", "events", "--to", str(tmp_path / "files"), "--yes"),
    }[command]
    with Deaf(lab.dsn) as line, lab.gate() as gate:
        cli = Cli(f"{line.dsn} {SOON}", tmp_path)
        process = cli.start(*words)
        pid = lab.at_the_gate()
        line.drop()
        begun = time.monotonic()
        result = cli.finish(process)
        assert time.monotonic() - begun < 30
        assert result.code == 69, result
        assert "Traceback" not in result.err
        # the server has not heard of it: its session works on, and what it does counts
        gate.open()
        line.hang_up()
        lab.until_gone(pid)
    # the session that deletes may have heard first that nobody writes files any more, and have ended its run
    ended = command == "archive" and lab.runs()[-1].sqlstate == "YD623"
    lab.balanced(live=0 if ended else 1)
    again = Cli(lab.dsn, tmp_path)(*words)
    assert again.code == 0, again
    assert lab.gone() == EXPIRED
    lab.balanced()
