"""The command or the server's half of it is killed at each point: each row is in one of two places."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pydb.archive.verify import Result
from tests.archive.filelab import WAITS
from tests.cli.conftest import Cli
from tests.servers import PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.archive.filelab import FileLab
    from tests.conftest import Connect

ROWS = 400
# what another session locks, so that the command stands still there
POINTS = {
    "before the plan": "lock table app.event in access exclusive mode",
    "while it reads": "lock table pydb.retention_policy in access exclusive mode",
    "a whole file, not entered": "lock table pydb.archive_manifest in share mode",
    "entered, its rows not named": "lock table pydb_internal.archive_chunk in share mode",
    "entered, nothing deleted": "select from app.event where id = 1 for update",
    "some deleted": "select from app.event where id = 300 for update",
}
KILLS: dict[str, Callable[[FileLab], object] | signal.Signals] = {
    "SIGKILL of the command": signal.SIGKILL,
    "SIGINT": signal.SIGINT,
    "terminated backends": lambda files: files.do(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        " and application_name = 'pydb'"
    ),
}


# each point under the hardest kill, the others where they differ
CASES = [
    *((point, "SIGKILL of the command") for point in POINTS),
    ("while it reads", "SIGINT"),
    ("some deleted", "SIGINT"),
    ("a whole file, not entered", "terminated backends"),
    ("some deleted", "terminated backends"),
]


@pytest.mark.parametrize(("point", "kill"), CASES)
def test_killed(files: FileLab, connect: Connect, tmp_path: Path, point: str, kill: str) -> None:
    files.table(ROWS)
    files.do("select pydb.setting_set('lock_timeout', '60 s')")
    cli = Cli(files.dsn, tmp_path)
    other = connect(autocommit=False)
    other.execute(POINTS[point].encode())
    process = cli.start("archive", "export", "events", "--to", str(files.path), "--yes")
    while not files.value(WAITS):
        assert process.poll() is None, process.communicate()
        time.sleep(PAUSE)
    do = KILLS[kill]
    if isinstance(do, signal.Signals):
        process.send_signal(do)
        if do is signal.SIGKILL:
            process.wait()
    else:
        do(files)
    if do is not signal.SIGINT:
        other.rollback()
    result = cli.finish(process)
    other.rollback()
    assert result.code != 0, result
    assert "Traceback" not in result.err
    assert "the connection is closed" not in result.err  # but what closed it
    while files.value(
        "select exists (select from pg_stat_activity where datname = current_database()"
        " and application_name = 'pydb')"
    ):
        time.sleep(PAUSE)
    balanced(files)
    files.do("select pydb.setting_set('lock_timeout', '200 ms')")
    again = cli("archive", "export", "events", "--to", str(files.path), "--yes")
    assert again.code == 0, again
    assert files.in_table() == set()
    balanced(files)
    assert not [name for name in files.files() if name.endswith(".tmp")]
    assert files.pending() == 0
    states = {state for (state,) in files.rows("select state from pydb.job_run order by id")}
    assert "running" not in states


# an export whose directory ends the process at one of its own steps
ENDS = """
import os, signal, sys
from pydb import db
from pydb.archive import export
from pydb.archive.target import Directory

class Place(Directory):
    def publish(self, file, name, *, over=False):
        if sys.argv[3] == "before its name" and name.endswith(".zst"):
            os.kill(os.getpid(), signal.SIGKILL)
        super().publish(file, name, over=over)

    def open(self, name):
        if sys.argv[3] == "taken back" and name.endswith(".zst"):
            raise OSError(5, "Input/output error")
        return super().open(name)

    def remove(self, name):
        if sys.argv[3] == "taken back" and name.endswith(".json"):
            os.kill(os.getpid(), signal.SIGKILL)
        super().remove(name)

with db.connect(sys.argv[1]) as conn, db.connect(sys.argv[1]) as reader:
    export.export(conn, reader, "events", Place(sys.argv[2]))
"""


@pytest.mark.parametrize("point", ["before its name", "taken back"])
def test_killed_between_a_file_and_its_manifest(files: FileLab, tmp_path: Path, point: str) -> None:
    """A file has its name only with its manifest; what is left is known as unfinished, and goes."""
    files.table(ROWS)
    command = [sys.executable, "-c", ENDS, files.dsn, str(files.path), point]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    while files.value(
        "select exists (select from pg_stat_activity where datname = current_database()"
        " and application_name = 'pydb')"
    ):
        pass
    assert [name.rpartition(".")[2] for name in files.files()] == ["json", "tmp"]
    assert set(files.verdicts().values()) == {Result.TEMPORARY}
    balanced(files)
    again = Cli(files.dsn, tmp_path)("archive", "export", "events", "--to", str(files.path), "--yes")
    assert again.code == 0, again
    assert files.in_table() == set()
    balanced(files)
    assert set(files.verdicts().values()) == {Result.OK}
    assert not [name for name in files.files() if name.endswith(".tmp")]


def balanced(files: FileLab) -> None:
    """Every row is in the table, or in a file that is whole."""
    good = {name for name, result in files.verdicts().items() if result in (Result.OK, Result.UNKNOWN)}
    assert {name for name in files.files() if name.endswith(".copy.zst")} - good == set()
    assert files.in_table() | files.in_files() == set(range(1, ROWS + 1))
