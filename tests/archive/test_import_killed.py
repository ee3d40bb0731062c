"""The command dies while it reads a file in: none of its rows is there, and the file goes in again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.archive.filelab import WAITS
from tests.cli.conftest import Cli
from tests.servers import PAUSE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archive.filelab import FileLab
    from tests.conftest import Connect

OURS = (
    "select exists (select from pg_stat_activity where datname = current_database()"
    " and application_name = 'pydb')"
)


@pytest.mark.parametrize(
    "point",
    [
        "lock table app.event in share mode",  # read in, none of them inserted
        "lock table pydb.audit_log in access exclusive mode",  # inserted, not committed
    ],
)
def test_killed(files: FileLab, connect: Connect, tmp_path: Path, point: str) -> None:
    files.table(400)
    (name,) = files.export().tables[0].files
    files.do("select pydb.setting_set('lock_timeout', '60 s')")
    cli = Cli(files.dsn, tmp_path)
    command = ("archive", "import", f"{files.path}/{name}", "--yes")
    with connect(autocommit=False) as other:
        other.execute(point.encode())
        process = cli.start(*command)
        while not files.value(WAITS):
            assert process.poll() is None, process.communicate()
            time.sleep(PAUSE)
        process.kill()
        cli.finish(process)
    while files.value(OURS):
        time.sleep(PAUSE)
    assert files.in_table() == set()
    assert files.in_files() == set(range(1, 401))
    again = cli(*command)
    assert again.code == 0, again
    assert files.in_table() == set(range(1, 401))
