"""The commands: one document each, and the exit code of the worst."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.conftest import Cli

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archive.filelab import FileLab


def test_export_verify_import(files: FileLab, tmp_path: Path) -> None:
    files.table(50)
    files.do("create table app.two (at timestamptz); insert into app.two values (now() - interval '60 days')")
    files.policy("app.two", "two")
    files.do("alter table app.two rename column at to at_no_more")
    cli = Cli(files.dsn, tmp_path)
    # one failing policy never stops the others
    done = cli("archive", "export", "--to", str(files.path), "--yes", "--json")
    assert done.code in (1, 2), done
    policies = done.document["policies"]
    assert isinstance(policies, list)
    found = {one["policy"]: one for one in policies}
    assert (found["events"]["run"]["state"], found["events"]["run"]["rows_done"]) == ("completed", 50)
    assert found["two"]["run"]["state"] in ("blocked", "failed")
    (table,) = found["events"]["tables"]
    assert table["rows"] == 50
    assert table["bytes"] > table["bytes_compressed"]
    assert table["attempts"] >= 1
    (name,) = table["files"]
    good = cli("archive", "verify", str(files.path), "--json")
    assert (good.code, good.document["counts"]) == (0, {"ok": 1})
    restored = ("archive", "import", str(files.path / name), "--yes", "--json")
    assert cli(*restored[:3]).code == 64  # nobody says yes
    assert cli(*restored, "--key", "id=7").document["rows_imported"] == 1
    assert cli(*restored, "--dry-run").document["rows_imported"] == 49
    assert cli(*restored).code == 0
    # again: all of them are there as the file has them
    again = cli(*restored)
    assert (again.code, again.document["rows"], again.document["rows_imported"]) == (0, 50, 0)
    files.do("update app.event set note = 'another' where id = 5")
    stopped = cli(*restored)
    assert (stopped.code, stopped.error["sqlstate"]) == (1, "YD625")
    skipped = cli(*restored, "--on-conflict", "skip")
    assert (skipped.code, skipped.document["rows_skipped"]) == (1, 1)
    steps = skipped.document["relations"]
    assert isinstance(steps, list)
    assert steps[0]["found"] == [{"code": "key_exists", "key": {"id": 5}, "what": "event_pkey"}]
    (files.path / name).unlink()
    bad = cli("archive", "verify", str(files.path))
    assert bad.code == 2
    assert "missing" in bad.out


def test_what_cannot_be_asked(files: FileLab, tmp_path: Path) -> None:
    files.table(5)
    cli = Cli(files.dsn, tmp_path)
    assert cli("archive", "export", "no such", "--to", str(files.path), "--yes").code == 64
    assert cli("archive", "export", "events", "--to", str(files.path)).code != 0  # nobody says yes
    assert cli("archive", "verify", str(tmp_path / "nowhere")).code == 64
    assert cli("archive", "import", str(files.path / "nothing.copy.zst")).code == 2
    (files.path / "full").write_text("a file, no directory")
    assert cli("archive", "export", "events", "--to", str(files.path / "full"), "--yes").code != 0
    assert len(files.in_table()) == 5


def test_a_directory_that_cannot_be_written(files: FileLab, tmp_path: Path) -> None:
    """The run says why in the log, the exit code and the document alike."""
    files.table(5)
    cli = Cli(files.dsn, tmp_path)
    done = cli("archive", "export", "events", "--to", "/proc/self/fd", "--yes", "--json")
    assert done.code != 0
    assert len(files.in_table()) == 5
    assert files.value("select count(*) from pydb.job_run where state = 'completed'") == 0
