"""Files of a whole run come back by the rules of a restore: parents first, one key, triggers, drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydb import errors
from pydb.archive import load
from tests import reuse
from tests.archive.filelab import KITCHEN, TABLE
from tests.archive.test_carry import archived, carried
from tests.cli.conftest import Cli

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archive.filelab import FileLab

FAMILY = """
create schema if not exists app;
create table app."Eltern" (
    id int generated always as identity primary key, at timestamptz not null, "new" text
);
create table app."Kind é" (
    "rows" int primary key, t int references app."Eltern" on delete cascade,
    k numeric generated always as ("rows" * 2) stored, me int references app."Kind é"
);
create index on app."Kind é" (t);
create index on app."Kind é" (me);
insert into app."Eltern" (at, "new")
select now() - interval '60 days', 'x' || i from generate_series(1, 30) as i;
insert into app."Kind é" ("rows", t, me) select i, 1 + i % 30, nullif(i - 30, -abs(i - 30))
from generate_series(1, 90) as i;
"""
PARENT = 'app."Eltern"'
CHILD = 'app."Kind é"'


def both(files: FileLab) -> tuple[object, object]:
    return tuple(files.value(f"select count(*) from {table}") for table in (PARENT, CHILD))  # type: ignore[return-value]


def image(files: FileLab) -> list[tuple[object, ...]]:
    return files.rows(
        f"select t::text from {PARENT} as t union all select t::text from {CHILD} as t order by 1"
    )


@pytest.fixture
def run(files: FileLab) -> int:
    """A run whose 120 rows went through the archive to files."""
    files.do(FAMILY)
    run = archived(files, PARENT, 120)
    carried(files, run)
    assert both(files) == (0, 0)
    return run


def load_run(files: FileLab, run: int, **more: object) -> load.Imported:
    with reuse.borrowed(files.dsn) as conn:
        return load.load(conn, files.target, load.of_run(files.target, run), **more)  # type: ignore[arg-type]


def test_a_run_comes_back_whole(files: FileLab) -> None:
    files.do(FAMILY)
    before = image(files)
    run = archived(files, PARENT, 120)
    carried(files, run)
    dry = load_run(files, run, dry_run=True)
    assert (dry.rows_imported, dry.rows_skipped, both(files)) == (120, 0, (0, 0))
    done = load_run(files, run)
    assert [(one.relation, one.restored, one.codes) for one in done.relations] == [
        (PARENT, 30, []),
        (CHILD, 90, []),
    ]
    assert dry.relations == done.relations
    assert image(files) == before
    files.do(f"insert into {PARENT} (at) values (now())")  # its sequence is past what came back
    again = load_run(files, run)
    assert (again.rows, again.rows_imported, again.rows_skipped) == (120, 0, 0)


def test_every_type_through_the_archive_and_a_file(files: FileLab) -> None:
    files.do(KITCHEN)
    rows = f"select t::text from {TABLE} as t where at < now() - interval '30 days' order by t.t"
    before = files.rows(rows)
    run = archived(files, TABLE, 3)
    carried(files, run)
    assert load_run(files, run).rows_imported == 3
    assert files.rows(rows) == before
    assert load_run(files, run).relations[0].codes == ["same"]


def test_one_key_with_what_went_with_it(files: FileLab, run: int) -> None:
    done = load_run(files, run, key={"id": 7}, table=PARENT)
    assert {one.relation: one.restored for one in done.relations} == {PARENT: 1, CHILD: 3}
    with pytest.raises(errors.ArchiveRefused) as caught:
        load_run(files, run, key={"nothing": 7})
    assert caught.value.sqlstate == "YD604"
    assert load_run(files, run).rows_imported == 116


def test_conflicts_are_told_as_a_restore_tells_them(files: FileLab, run: int) -> None:
    files.do(f"insert into {PARENT} overriding system value values (3, now(), 'another')")
    files.do(f'alter table {CHILD} add constraint small check ("rows" <> 50)')
    with pytest.raises(errors.RowsConflict):
        load_run(files, run)
    assert both(files) == (1, 0)
    dry = load_run(files, run, dry_run=True)
    done = load_run(files, run, on_conflict="skip")
    assert dry.relations == done.relations
    found = {one.relation: [(what["code"], what["key"]) for what in one.found] for one in done.relations}
    assert found[PARENT] == [("key_exists", {"id": 3})]
    # the row and the one that hangs on it
    assert sorted(found[CHILD], key=str) == [("check", {"rows": 50}), ("parent_gone", {"rows": 80})]
    assert both(files) == (30, 88)


def test_triggers_run_only_if_they_may(files: FileLab, run: int) -> None:
    files.do(
        "create table app.seen (n int); create function app.note() returns trigger language plpgsql as"
        " $$begin insert into app.seen values (1); return new; end$$;"
        f"create trigger note before insert on {PARENT} for each row execute function app.note()"
    )
    with pytest.raises(errors.RowsConflict):
        load_run(files, run)
    assert both(files) == (0, 0)
    assert load_run(files, run, allow_triggers=True).relations[0].codes == ["trigger"]
    assert files.value("select count(*) from app.seen") == 30


def test_a_column_with_values_that_is_gone(files: FileLab, run: int) -> None:
    files.do(f'alter table {PARENT} drop column "new"')
    with pytest.raises(errors.FileRefused) as caught:
        load_run(files, run)
    assert caught.value.sqlstate == "YD624"
    done = load_run(files, run, on_conflict="skip")
    assert [(one.restored, one.codes) for one in done.relations] == [
        (0, ["column_gone"]),
        (0, ["parent_gone"]),
    ]
    assert (done.rows_imported, done.rows_skipped, len(done.relations[0].found)) == (0, 120, 30)


def test_the_commands(files: FileLab, tmp_path: Path) -> None:
    files.do(FAMILY)
    run = archived(files, PARENT, 120)
    cli = Cli(files.dsn, tmp_path)
    export = ("archive", "export", "--to", str(files.path))
    assert cli(*export, "--run", str(run)).code == 64  # nobody says yes
    assert cli(*export, "--run", str(run), "events", "--yes").code == 64
    assert cli(*export, "events", "--keep", "--yes").code == 64
    assert cli(*export, "--run", "4711", "--yes").code == 64
    kept = cli(*export, "--table", CHILD, "--keep", "--json")
    assert (kept.code, kept.document["run"]["rows_done"]) == (0, 0)  # type: ignore[index]
    done = cli(*export, "--run", str(run), "--yes", "--json")
    assert (done.code, done.document["subject"]) == (0, f"run {run}")
    tables = done.document["tables"]
    assert isinstance(tables, list)
    assert {one["relation"]: one["rows"] for one in tables} == {PARENT: 30, CHILD: 90}
    assert all(one.keys() >= {"ratio", "bytes_per_record", "attempts", "seconds"} for one in tables)
    shown = cli("archive", "show", str(run), "--json").document
    assert len(shown["files"]) == 3  # type: ignore[arg-type]
    assert "import" in cli("archive", "show", str(run)).out
    back = cli("archive", "import", str(files.path), "--run", str(run), "--yes", "--json")
    assert (back.code, back.document["rows_imported"]) == (0, 120)  # a row in two files comes back once
    assert both(files) == (30, 90)
    assert cli("archive", "import", str(files.path), "--run", "4711", "--yes").code == 64
