"""A file comes back as it went: all of it or nothing, and what stands in its way is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydb import errors
from pydb.archive import load, target
from tests import reuse
from tests.archive.filelab import KITCHEN, TABLE, end

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archive.filelab import FileLab


def load_it(files: FileLab, name: str, **more: object) -> load.Imported:
    with reuse.borrowed(files.dsn) as conn:
        return load.load(conn, files.target, name, **more)  # type: ignore[arg-type]


def test_every_type_comes_back(files: FileLab) -> None:
    files.do(KITCHEN)
    files.policy(TABLE)
    old = "at < now() - interval '30 days'"
    before = files.rows(f"select t::text from {TABLE} as t where {old} order by t.t")
    (name,) = files.export().tables[0].files
    done = load_it(files, name, dry_run=True)
    assert (done.rows_imported, done.dry_run) == (3, True)
    assert files.value(f"select count(*) from {TABLE}") == 1
    assert load_it(files, name).rows_imported == 3
    assert files.rows(f"select t::text from {TABLE} as t where {old} order by t.t") == before
    assert files.rows("select action, subject from pydb.audit_log where action = 'archive_import'") == [
        ("archive_import", TABLE)
    ]
    assert files.rows(
        "select r.kind, r.subject, r.state, r.stop_reason, r.rows_done, a.run_id = r.id from"
        " pydb.run_list as r join pydb.audit_log as a on a.action = 'archive_import' where r.subject ~ '^im'"
    ) == [("archive", f"import into {TABLE}", "completed", "exhausted", 3, True)]
    # the same rows again: the same digest, from what was imported
    files.export()
    assert files.value("select count(distinct digest) from pydb.archive_manifest") == 1


def test_a_key_that_is_there_again(files: FileLab) -> None:
    files.table(20)
    (name,) = files.export().tables[0].files
    files.do("insert into app.event values (3, now(), 'new'), (7, now(), 'new')")
    with pytest.raises(errors.RowsConflict) as caught:
        load_it(files, name)
    assert caught.value.sqlstate == "YD625"
    assert "(3)" in (caught.value.detail or "")
    assert len(files.in_table()) == 2
    done = load_it(files, name, on_conflict="skip")
    assert (done.rows_imported, done.rows_skipped) == (18, 2)
    (step,) = done.relations
    assert (step.codes, [one["key"] for one in step.found]) == (["key_exists"], [{"id": 3}, {"id": 7}])
    assert files.rows("select distinct note from app.event where id in (3, 7)") == [("new",)]
    assert files.rows(
        "select state, stop_reason, rows_done, rows_skipped from pydb.job_run where subject like 'import%'"
    ) == [("partial", "no_progress", 18, 2)]
    again = load_it(files, name, on_conflict="skip")
    assert (again.rows, again.rows_imported, again.rows_skipped) == (20, 0, 2)
    assert again.relations[0].codes == ["key_exists", "same"]


def test_a_table_that_is_another_one_by_now(files: FileLab) -> None:
    files.table(20)
    (name,) = files.export().tables[0].files
    files.do("alter table app.event add column more integer default 7")
    assert load_it(files, name).rows_imported == 20
    assert files.rows("select distinct more from app.event") == [(7,)]
    files.do("truncate app.event; alter table app.event drop column note")
    with pytest.raises(errors.FileRefused) as caught:
        load_it(files, name)
    assert caught.value.sqlstate == "YD624"
    files.do("create table app.other (note text, at timestamptz, id integer)")
    assert load_it(files, name, into="app.other").rows_imported == 20
    assert files.value("select count(*) from app.other where note = 'note ' || id") == 20


def test_a_parent_that_is_gone_stops_it(files: FileLab) -> None:
    files.table(20)
    (name,) = files.export().tables[0].files
    files.do("create table app.parent (id integer primary key)")
    files.do("insert into app.parent select generate_series(2, 20)")
    files.do("delete from app.event; alter table app.event add foreign key (id) references app.parent")
    with pytest.raises(errors.PydbError) as caught:
        load_it(files, name)
    assert caught.value.sqlstate == "YD625"
    assert files.value("select count(*) from app.event") == 0
    done = load_it(files, name, on_conflict="skip")
    assert (done.rows_imported, done.relations[0].codes) == (19, ["parent_gone"])
    assert [one["key"] for one in done.relations[0].found] == [{"id": 1}]


def test_a_broken_file_is_not_read_in(files: FileLab) -> None:
    files.table(20)
    (name,) = files.export().tables[0].files
    whole = (files.path / name).read_bytes()
    (files.path / name).write_bytes(whole[:-1])
    with pytest.raises(errors.FileRefused) as caught:
        load_it(files, name)
    assert caught.value.sqlstate == "YD622"
    (files.path / name).write_bytes(whole)
    (files.path / f"{name}.json").unlink()
    with pytest.raises(errors.FileRefused):
        load_it(files, name)
    assert files.in_table() == set()


@pytest.mark.parametrize("scheme", ["memory", "file"])
def test_a_file_system_of_fsspec(files: FileLab, tmp_path: Path, scheme: str) -> None:
    """What object stores go through: the same files, the same checks, the same way back."""
    url = f"memory://{tmp_path.name}" if scheme == "memory" else f"file://{tmp_path}/remote"
    place = target.find(url)
    files.table(100)
    outcome = files.export(place=place, blocks=1)
    assert end(outcome) == ("completed", "exhausted", 100)
    names = outcome.tables[0].files
    assert place.names() == sorted([*names, *(f"{name}.json" for name in names)])
    with pytest.raises(FileExistsError):
        place.publish(place.create(names[0]), names[0])
    with reuse.borrowed(files.dsn) as conn:
        for name in names:
            load.load(conn, place, name)
    assert len(files.in_table()) == 100
    place.remove(names[0])
    place.remove(names[0])
    assert names[0] not in place.names()


def test_triggers_look_where_the_import_says(files: FileLab) -> None:
    files.table(20)
    (name,) = files.export().tables[0].files
    files.do(
        """create schema "Audit, 2"; create table "Audit, 2".trail (what text);
        create function app.note() returns trigger language plpgsql as $$ begin
            insert into trail values (current_setting('search_path')); return new;
        end $$;
        create trigger note before insert on app.event for each row execute function app.note()"""
    )
    with pytest.raises(errors.PydbError) as caught:
        load_it(files, name, allow_triggers=True)
    assert caught.value.sqlstate == "42P01"
    with pytest.raises(errors.PydbError) as caught:
        load_it(files, name, allow_triggers=True, search_path=["nowhere"])
    assert caught.value.sqlstate == "YD015"
    gone = 20 - len(files.in_table())
    done = load_it(files, name, allow_triggers=True, search_path=["app", "Audit, 2"])
    assert done.rows_imported == gone
    assert files.rows('select what, count(*) from "Audit, 2".trail group by 1') == [('app, "Audit, 2"', gone)]
