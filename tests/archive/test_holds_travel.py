"""Files say which holds were in force on their table; an import elsewhere says so too, or holds the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from pydb import errors
from pydb.archive import carry, load, manifest
from tests import reuse
from tests.archive.filelab import FileLab, end
from tests.archive.test_export import open_roles
from tests.cli.conftest import Cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import RoleFactory
    from tests.servers import TestServer

RUN = "call pydb.retention_run('events')"


@pytest.fixture
def other(files: FileLab, server: TestServer) -> Iterator[FileLab]:
    """Another database with pydb, the same empty table, and a policy that would delete what comes back."""
    with (
        server.database(migrated=True) as fresh,
        psycopg.connect(fresh.dsn, autocommit=True) as db,
    ):
        there = FileLab(db, fresh.dsn, files.path)
        there.do(
            """create schema if not exists app;
            create table app.event (id integer primary key, at timestamptz not null, note text);
            select pydb.retention_policy_set('events', 'app.event', 'at', '30 days', p_fuse_share => 1)"""
        )
        yield there


def exported(files: FileLab) -> list[manifest.Manifest]:
    assert end(files.export())[0] in ("completed", "partial")
    names = [name for name in files.files() if name.endswith(".json")]
    return [manifest.parse((files.path / name).read_bytes()) for name in names]


def imported(files: FileLab, **more: object) -> load.Imported:
    names = [name for name in files.files() if name.endswith(manifest.ENDING)]
    with reuse.borrowed(files.dsn) as conn:
        return load.load(conn, files.target, names, **more)  # type: ignore[arg-type]


def test_a_manifest_has_the_holds_that_are_about_its_table_and_none_of_their_values(files: FileLab) -> None:
    files.table(20)
    files.do(
        """create table app.person (name text primary key);
        create table app.other (id int primary key);
        alter table app.event add column person text references app.person;
        create index on app.event (person);
        insert into app.person values ('Ann Other');
        select pydb.hold_place('about person', 'app.person', '[{"name": "Ann Other"}]', p_reason => 'claim');
        select pydb.hold_place('by key', 'app.event', '[{"note": "note 7"}]', p_reason => 'court order 7/26',
            p_until => now() + interval '1 year');
        select pydb.hold_place('by filter', 'app.event', p_filter => $$note = 'note 8'$$,
            p_reason => 'audit');
        select pydb.hold_place('tenant', null, p_tenant => '{"note": "note 9"}', p_reason => 'wind-up');
        select pydb.hold_place('elsewhere', 'app.other', p_reason => 'nothing to do with it');
        select pydb.hold_place('over', 'app.event', p_reason => 'was closed');
        select * from pydb.hold_release('over', 'closed')"""
    )
    (known,) = exported(files)
    assert known.rows == 17
    assert [(hold.name, hold.kind, hold.reason, hold.columns) for hold in known.holds] == [
        ("about person", "key", "claim", ("name",)),
        ("by filter", "filter", "audit", ()),
        ("by key", "key", "court order 7/26", ("note",)),
        ("tenant", "tenant", "wind-up", ("note",)),
    ]
    assert [hold.until is not None for hold in known.holds] == [False, False, True, False]
    assert len({hold.digest for hold in known.holds}) == 4
    text = known.to_json().decode()
    assert not any(value in text for value in ("Ann", "note 7", "note 8", "note 9"))
    assert files.value("select manifest from pydb.archive_manifest") == known.document()


def test_a_manifest_of_before_there_were_holds_in_it_is_read(files: FileLab) -> None:
    files.table(5)
    (known,) = exported(files)
    document = {"format": manifest.FORMAT, **known.document()}
    del document["holds"]
    assert manifest.parse(manifest.sealed({k: v for k, v in document.items() if k != "format"})) == known


def test_a_database_without_the_hold_says_so_and_holds_the_table_if_told(
    files: FileLab, other: FileLab, tmp_path: Path
) -> None:
    files.table(20)
    files.do("""select pydb.hold_place('case-7', 'app.event', '[{"id": 7}]', p_reason => 'court')""")
    exported(files)
    names = [str(files.path / name) for name in files.files() if name.endswith(manifest.ENDING)]
    cli = Cli(other.dsn, tmp_path)
    command = ("archive", "import", *names, "--yes")
    dry = cli(*command, "--dry-run", "--with-holds", "--json")
    assert (dry.code, other.value("select count(*) from pydb.hold")) == (1, 0)
    said = cli(*command)
    assert said.code == 1
    assert "YD706: hold case-7 (by key: court) was in force on app.event" in said.err
    assert len(other.in_table()) == 19
    # what came back without it goes like any row
    other.do(RUN)
    assert other.in_table() == set()
    held = cli(*command, "--with-holds", "--json")
    assert held.code == 0
    assert held.document["holds"] == [
        {
            "relation": "app.event", "name": "case-7", "kind": "key", "reason": "court", "until": None,
            "placed_as": "case-7",
        }
    ]  # fmt: skip
    other.do(RUN)
    assert len(other.in_table()) == 19
    assert other.rows("select name, kind, relation, state, reason from pydb.hold_status") == [
        ("case-7", "table", "app.event", "active", "court (it came with files, as a hold by key)")
    ]
    # what is held here is not said again, nor what somebody has released here
    assert (again := cli(*command, "--json")).code == 0, again
    other.do("select * from pydb.hold_release('case-7', 'not here')")
    assert cli(*command).code == 0
    other.do(RUN)
    assert other.in_table() == set()


def test_the_database_that_files_are_from_knows_its_holds(files: FileLab) -> None:
    files.table(20)
    files.do("""select pydb.hold_place('case-7', 'app.event', '[{"id": 7}]', p_reason => 'court')""")
    exported(files)
    assert imported(files).holds == []
    files.do("select * from pydb.hold_release('case-7', 'closed')")
    assert imported(files).holds == []
    # as after a return to a moment before the hold was placed: its server and database are the same
    files.do("delete from pydb.hold")
    assert [(one.name, one.placed_as) for one in imported(files).holds] == [("case-7", None)]


def test_another_hold_of_the_name_is_not_taken_for_it(files: FileLab, other: FileLab) -> None:
    files.table(20)
    files.do(
        """select pydb.hold_place('case-7', 'app.event', '[{"id": 7}]', p_reason => 'court');
        select pydb.hold_place('case-8', 'app.event', p_filter => 'id = 8', p_reason => 'court',
            p_until => now() + interval '1 hour');
        select pydb.hold_place('same', 'app.event', '[{"id": 9}]', p_reason => 'court')"""
    )
    exported(files)
    other.do(
        """select pydb.hold_place('case-7', 'app.event', '[{"id": 700}]', p_reason => 'another one');
        select pydb.hold_place('same', 'app.event', '[{"id": 9}]', p_reason => 'placed here, too')"""
    )
    told = imported(other, with_holds=True)
    assert [(one.name, one.placed_as) for one in told.holds] == [
        ("case-7", "case-7 on app.event"),
        ("case-8", "case-8"),
    ]
    assert told.holds[1].until is not None
    assert imported(other).holds == []
    other.do(RUN)
    assert len(other.in_table()) == 17


def test_copies_of_held_rows_in_an_archive_say_it_too(files: FileLab, other: FileLab) -> None:
    files.table(20)
    files.do(
        "select pydb.retention_policy_set('events', 'app.event', 'at', '30 days', p_action => 'archive',"
        " p_fuse_share => 1)"
    )
    files.do(RUN)
    run = int(str(files.value("select max(id) from pydb.job_run where kind = 'retention'")))
    files.do("""select pydb.hold_place('case-7', 'app.event', '[{"id": 7}]', p_reason => 'court')""")
    with reuse.borrowed(files.dsn) as conn, reuse.borrowed(files.dsn) as reader:
        carry.export_archived(conn, reader, files.target, run_id=run, leave=True)
    assert [(one.name, one.placed_as) for one in imported(other, with_holds=True).holds] == [
        ("case-7", "case-7")
    ]
    other.do(RUN)
    assert 7 in other.in_table()


def test_who_may_not_place_holds_imports_nothing_with_them(
    files: FileLab, other: FileLab, role: RoleFactory
) -> None:
    files.table(20)
    files.do("""select pydb.hold_place('case-7', 'app.event', '[{"id": 7}]', p_reason => 'court')""")
    exported(files)
    other.do(open_roles())
    runner = FileLab(other.db, f"{other.dsn} user={role('runner', 'in role pydb_runner')}", other.path)
    other.do("grant usage on schema app to public; grant all on app.event to public")
    with pytest.raises(errors.PydbError, match="permission denied") as caught:
        imported(runner, with_holds=True)
    assert caught.value.sqlstate == "42501"
    assert other.in_table() == set()
    assert [one.name for one in imported(runner).holds] == ["case-7"]
