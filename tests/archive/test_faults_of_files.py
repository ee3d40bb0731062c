"""What is worth another try, what is not, and what a full disk leaves behind."""

from __future__ import annotations

import errno
import re
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

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


def _first(*ways: tuple[str, ...]) -> tuple[str, ...] | None:
    """The first way to a mount of one's own that this machine and user have."""
    for way in ways:
        mount = (*way, "mount", "-t", "tmpfs", "none", "/mnt")
        with suppress(FileNotFoundError):
            if subprocess.run(mount, capture_output=True, check=False).returncode == 0:
                return way
    return None


MOUNTED: Final = _first(("unshare", "-m"), ("unshare", "-rm"), ("sudo", "-n", "-E", "unshare", "-m"))
# a tmpfs that only the command sees; what is in it afterwards goes to the directory below it
TMPFS: Final = """
set -e; place=$1 sees=$2; shift 2
mount -t tmpfs -o size=300k none "$place"
code=0; "$@" || code=$?
ls -A "$place" > "$sees/left"
mount -o remount,size=64m "$place"
"$@" > "$sees/again"
mkdir "$sees/files"; cp "$place"/* "$sees/files"
exit $code
"""
BOUND: Final = """
set -e; place=$1 sees=$2; shift 2
code=0; (ulimit -f 100; "$@") || code=$?
ls -A "$place" > "$sees/left"
"$@" > "$sees/again"
cp -r "$place" "$sees/files"
exit $code
"""
FULL: Final = {
    "a bound on the size of files": ((), BOUND),
    **({"a small tmpfs": (MOUNTED, TMPFS)} if MOUNTED is not None else {}),
}


@pytest.mark.parametrize(("disk", "whence"), [*((disk, "table") for disk in FULL), ([*FULL][-1], "archive")])
def test_a_full_disk(files: FileLab, tmp_path: Path, disk: str, whence: str) -> None:
    """Nothing is left, no row went; the error says what lacks where, and the next export settles it."""
    files.table(1)
    files.do(
        "insert into app.event select i, now() - interval '60 days', (select"
        " string_agg(md5(random()::text), '') from generate_series(1, 10) as s where i > 0)"
        " from generate_series(2, 3000) as i"
    )
    what = ["events"]
    if whence == "archive":
        files.do("select pydb.retention_policy_set('events', 'app.event', 'at', '30 days',"
            " p_fuse_share => 1, p_action => 'archive')")  # fmt: skip
        files.do("call pydb.retention_run('events')")
        what = ["--run", str(files.value("select max(id) from pydb.job_run"))]
    cli = Cli(files.dsn, tmp_path)
    sees = tmp_path / "sees"
    sees.mkdir()
    way, script = FULL[disk]
    process = cli.start(
        "archive", "export", *what, "--to", str(files.path), "--yes",
        below=(*way, "bash", "-c", script, "bash", str(files.path), str(sees)),
    )  # fmt: skip
    done = cli.finish(process)
    assert done.code == 2, done
    assert "Traceback" not in done.err
    assert (sees / "left").read_text() == ""
    exports = "pydb.job_run where run_kind in ('export', 'archive_export') order by id"
    assert files.rows(f"select state, stop_reason, sqlstate, rows_done from {exports}") == [
        ("failed", "error", "53100", 0),
        ("completed", "exhausted", None, 3000),
    ]
    said = str(files.value("select error from pydb.job_run where sqlstate = '53100'"))
    lacks = re.search(r"(no space left in|too large a file for) (.+): about ([\d,]+) bytes", said)
    assert lacks is not None, said
    assert lacks[2] == str(files.path)
    number = int(lacks[3].replace(",", "")) + ((300 << 10) if disk == "a small tmpfs" else 0)
    assert 400_000 < number < 800_000  # what the file takes
    assert files.in_table() == set()
    assert files.value("select coalesce(sum(rows - purged), 0) from pydb.archive_run") == 0
    files.path = sees / "files"
    assert files.in_files() == set(range(1, 3001))
