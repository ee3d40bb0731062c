"""What is worth another try, what is not, and what a full disk leaves behind."""

from __future__ import annotations

import errno
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydb import errors
from pydb.archive import faults, manifest
from tests.cli.conftest import Cli

if TYPE_CHECKING:
    from tests.archive.filelab import FileLab

PAGE = Path(__file__).resolve().parents[2] / "docs" / "archive-files.md"


@pytest.mark.parametrize(
    ("error", "code", "again"),
    [
        (OSError(errno.EBUSY, "busy"), "58000", True),
        (OSError(errno.ENOSPC, "full"), "53100", False),
        (OSError(errno.EACCES, "no"), "42501", False),
        (OSError(errno.ENOENT, "gone"), "58P01", False),
        (OSError(errno.EEXIST, "there"), "58P02", False),
        (OSError(errno.EIO, "broken"), "58030", False),
        (errors.PydbError("deadlock", sqlstate="40P01"), "40P01", True),
        (errors.PydbError("locked", sqlstate="55P03"), "55P03", True),
        (errors.PydbError("syntax", sqlstate="42601"), "42601", False),
        (errors.FileRefused("damaged", sqlstate="YD622"), "YD622", False),
        (ValueError("a defect"), "XX000", False),
    ],
)
def test_an_error_is_retryable_or_fatal(error: Exception, code: str, again: bool) -> None:
    assert (faults.sqlstate(error), faults.is_retryable(error)) == (code, again)
    tries: list[int] = []
    failing = [error] * 2

    def work() -> str:
        if failing:
            raise failing.pop()
        return "done"

    if again:
        assert faults.attempt(work, lambda: tries.append(1)) == "done"
        assert len(tries) == 3
    else:
        with pytest.raises(type(error)):
            faults.attempt(work, lambda: tries.append(1))
        assert len(tries) == 1


def test_tries_end() -> None:
    tries: list[int] = []

    def work() -> None:
        raise OSError(errno.EAGAIN, "again")

    with pytest.raises(OSError, match="again"):
        faults.attempt(work, lambda: tries.append(1), tries=3)
    assert len(tries) == 3


def test_the_page_has_the_table() -> None:
    page = PAGE.read_text("utf-8")
    told = dict(re.findall(r"^\| (`.+?) \| (.*?) \|", page.partition("## Errors")[2], re.MULTILINE))
    for number, code in faults.ERRNOS.items():
        (row,) = [row for codes, row in told.items() if f"`{code}`" in codes]
        assert f"`{errno.errorcode[number]}`" in row, errno.errorcode[number]
    again = " ".join(codes for codes in told if f"| {codes} | {told[codes]} | again |" in page)
    assert set(re.findall(r"`(\w+)`", again)) == faults.RETRYABLE


@pytest.mark.parametrize(
    "table", ['app."../../etc/x"', 'app."a/b"', 'app."…"', 'app."-r1-00001.copy.zst"', "x" * 500]
)
def test_a_file_is_named_without_what_a_path_is_made_of(table: str) -> None:
    owner = manifest.Owner(7, 5)
    name = manifest.file_name(table, owner, 12, 3)
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,120}", name)
    assert not name.startswith(".")
    for ending in ("", ".json", ".tmp", ".json.tmp"):
        assert manifest.owner(name + ending) == (owner, 12)
    assert manifest.owner("notes.txt") is None


def test_a_full_disk(files: FileLab, tmp_path: Path) -> None:
    """A bound on the size of files: the same as a full disk, to the command."""
    files.table(1)
    files.do(
        "insert into app.event select i, now() - interval '60 days', (select"
        " string_agg(md5(random()::text), '') from generate_series(1, 10) as s where i > 0)"
        " from generate_series(2, 3000) as i"
    )
    cli = Cli(files.dsn, tmp_path)
    arguments = ("archive", "export", "events", "--to", str(files.path), "--yes")
    process = cli.start(*arguments, below=("bash", "-c", 'ulimit -f 100; exec "$@"', "bash"))
    done = cli.finish(process)
    assert done.code == 2, done
    assert "Traceback" not in done.err
    assert files.rows("select state, stop_reason, sqlstate, rows_done from pydb.job_run") == [
        ("failed", "error", "53100", 0)
    ]
    assert files.files() == []
    assert len(files.in_table()) == 3000
    assert cli(*arguments).code == 0
    assert files.in_table() == set()
    assert len(files.in_files()) == 3000
