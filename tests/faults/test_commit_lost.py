"""D6: the server commits, and the line is gone before the client hears of it: what it did counts, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.cli.conftest import Cli
from tests.faults.lab import EXPIRED
from tests.faults.proxy import Proxy

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.lab import Lab

ARCHIVED = "select count(*)::int from pydb_archive.app__events"
EXPORTED = "select coalesce(sum(rows_deleted), 0)::int from pydb.archive_manifest"
NOBODY = (
    "select not exists (select from pg_stat_activity where datname = current_database()"
    " and application_name = 'pydb')"
)


class Case(NamedTuple):
    """A request whose answer is lost, and what is said of it then."""

    action: str
    request: str
    after: str = ""
    code: int = 69
    state: str = "completed"


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(Case("archive", 'call "pydb"."retention_run"'), id="archived"),
        # its other session still hears, and reads in the log how it ended
        pytest.param(Case("export", 'call "pydb"."retention_export_run"', code=0), id="exported"),
        pytest.param(
            Case("export", "commit", after="archive_chunk_add", state="cancelled"), id="a file entered"
        ),
    ],
)
def test_d6_the_answer_to_a_commit_is_lost(lab: Lab, tmp_path: Path, case: Case) -> None:
    lab.table()
    lab.policy(action=case.action)
    words = ["retention", "run", "events", "--yes"]
    kept = ARCHIVED
    if case.action == "export":
        words = ["archive", "export", "events", "--to", str(tmp_path / "files"), "--yes"]
        kept = EXPORTED
    with Proxy(lab.dsn) as line:
        line.cut(case.request, lose="answer", after=case.after)
        first = Cli(line.dsn, tmp_path)(*words)
        assert line.cuts == 1
    assert first.code == case.code, first
    assert "Traceback" not in first.err
    lab.until(NOBODY)
    (run,) = lab.runs()
    assert run.state == case.state
    assert lab.value(kept) == lab.gone() == run.rows_done
    assert (run.rows_done == EXPIRED) is (case.state == "completed")
    # the server took the file: the next run deletes what it holds, and writes none of it again
    files = lab.value("select coalesce(sum(rows), 0)::int from pydb.archive_manifest")
    assert isinstance(files, int)
    assert (files > 0) is (case.action == "export")
    again = Cli(lab.dsn, tmp_path)(*words)
    assert again.code == 0, again
    assert lab.value(kept) == lab.gone() == EXPIRED
    assert [one.rows_done for one in lab.runs()] == [run.rows_done, EXPIRED - run.rows_done]
    if case.action == "export":
        assert lab.value("select sum(rows)::int from pydb.archive_manifest") == EXPIRED
        assert Cli(lab.dsn, tmp_path)("archive", "verify", str(tmp_path / "files")).code == 0
