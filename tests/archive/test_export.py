"""Rows go to files that are found whole, and only then, and only they, from the table."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from pydb import db as pydb_db
from pydb import errors
from pydb.archive import files as archive_files
from pydb.archive import manifest, verify
from pydb.archive.outcome import Outcome
from pydb.archive.target import Directory
from tests.archive.filelab import KITCHEN, TABLE, end

if TYPE_CHECKING:
    from typing import BinaryIO

    from tests.archive.filelab import FileLab
    from tests.conftest import Connect, RoleFactory


def test_what_expired_is_in_files_and_gone(files: FileLab) -> None:
    files.table()
    outcome = files.export(blocks=3)
    assert end(outcome) == ("completed", "exhausted", 1000)
    assert files.in_table() == set()
    assert files.value("select count(*) from app.event") == 10
    assert files.in_files() == set(range(1, 1001))
    (table,) = outcome.tables
    assert (table.relation, table.rows) == ("app.event", 1000)
    assert len(table.files) > 1
    assert set(files.verdicts().values()) == {verify.Result.OK}
    rows = files.rows(
        "select sum(rows), sum(rows_deleted), bool_and(settled_at is not null), bool_and(oldest <= newest),"
        " bool_and(newest < cutoff) from pydb.archive_manifest"
    )
    assert rows == [(1000, 1000, True, True, True)]
    assert files.pending() == 0
    document = table.document()
    assert document["bytes_per_record"] == round(table.bytes_raw / 1000, 1)
    assert set(table.seconds) == {"read", "verify", "enter"}
    assert all(name.endswith((".copy.zst", ".copy.zst.json")) for name in files.files())


class Watched(Directory):
    """A directory whose first data file is read back only when the second one is being written."""

    def __init__(self, files: FileLab) -> None:
        super().__init__(files.path)
        self.files = files
        self.second = threading.Event()
        self.data: list[str] = []
        self.entered: list[tuple[object, ...]] = []

    def create(self, name: str) -> BinaryIO:
        if name.endswith(manifest.ENDING):
            self.data.append(name)
            if len(self.data) == 2:
                # in a session of its own: the exporter is in the middle of a COPY
                self.entered = self.files.rows("select file from pydb.archive_manifest")
                self.second.set()
        return super().create(name)

    def open(self, name: str) -> BinaryIO:
        if name == self.data[0]:
            assert self.second.wait(60), "the second file is not begun before the first one was read back"
            self.damage(name)
        return super().open(name)

    def damage(self, name: str) -> None:
        """Nothing, here."""


class Damaged(Watched):
    """And it is no longer what was written."""

    def damage(self, name: str) -> None:
        path = self.files.path / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])


def test_a_file_is_read_back_while_the_next_is_written_and_deletes_nothing_before(files: FileLab) -> None:
    files.table()
    place = Watched(files)
    outcome = files.export(place=place, blocks=3)
    assert len(place.data) > 1
    assert place.entered == []
    assert end(outcome) == ("completed", "exhausted", 1000)
    assert files.in_files() == set(range(1, 1001))
    assert outcome.tables[0].attempts == len(place.data)
    assert set(files.verdicts().values()) == {verify.Result.OK}


def test_a_file_that_is_not_what_was_written_deletes_nothing_nor_does_the_next(files: FileLab) -> None:
    files.table()
    place = Damaged(files)
    outcome = files.export(place=place, blocks=3)
    assert (outcome.tables[0].sqlstate, outcome.tables[0].rows) == ("YD622", 0)
    assert len(place.data) == 2
    assert files.files() == []
    assert files.in_table() == set(range(1, 1001))
    assert files.value("select count(*) from pydb.archive_manifest") == 0
    assert end(files.export()) == ("completed", "exhausted", 1000)


def test_the_manifest_says_what_is_in_the_file(files: FileLab) -> None:
    files.table(10)
    files.export()
    (name,) = [n for n in files.files() if n.endswith(".json")]
    known = manifest.parse((files.path / name).read_bytes())
    assert (known.source, known.rows, known.key, known.policy) == ("app.event", 10, ("id",), "events")
    assert [(c.name, c.type, c.not_null) for c in known.columns] == [
        ("id", "integer", True), ("at", "timestamp with time zone", True), ("note", "text", False),
    ]  # fmt: skip
    stored = files.value("select manifest from pydb.archive_manifest")
    assert stored == known.document()
    assert manifest.parse(manifest.sealed(stored)) == known


def test_the_same_rows_give_the_same_bytes(files: FileLab) -> None:
    files.table(500)
    first = files.export().tables[0]
    files.do(
        "set timezone = 'Asia/Tokyo'; insert into app.event select i, (select max(newest) from"
        " pydb.archive_manifest) - (500 - i) * interval '1 s', 'note ' || i from generate_series(1, 500) as i"
        " order by md5(i::text); alter role postgres set datestyle = 'German'; alter role postgres set"
        " extra_float_digits = -10; alter role postgres set timezone = 'Asia/Tokyo'"
    )
    try:
        second = files.export().tables[0]
    finally:
        files.do("alter role postgres reset all")
    assert (first.rows, second.rows) == (500, 500)
    one, two = files.rows("select digest, sha256 from pydb.archive_manifest order by id")
    assert one == two


def test_every_type_and_odd_names(files: FileLab) -> None:
    files.do(KITCHEN)
    files.policy(TABLE)
    before = files.rows(
        f"select md5(t::text) from {TABLE} as t where at < now() - interval '30 days' order by t"
    )
    columns = files.value(
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute where attrelid ="
        f" '{TABLE}'::regclass and attnum > 0 and not attisdropped and attgenerated = ''"
    )
    outcome = files.export()
    assert end(outcome) == ("completed", "exhausted", 3)
    (name,) = outcome.tables[0].files
    # by hand, as a DBA would: the file is COPY text of these columns
    with (
        files.db.cursor() as cursor,
        cursor.copy(f"copy {TABLE} ({columns}) from stdin".encode()) as copy,
    ):
        for piece in archive_files.read(files.target, name):
            copy.write(piece)
    after = files.rows(
        f"select md5(t::text) from {TABLE} as t where at < now() - interval '30 days' order by t"
    )
    assert after == before
    assert [c["name"] for c in json.loads((files.path / f"{name}.json").read_text())["generated"]] == [
        "twice"
    ]


@pytest.mark.parametrize(
    "change", ["update app.event set note = 'changed' where id = 7", "delete from app.event where id = 7"]
)
def test_a_row_that_changes_meanwhile_stays_as_it_is(files: FileLab, change: str) -> None:
    """The file is whole, the delete waits for a lock; by then the row is another one."""
    files.table(100)
    (outcome,) = files.export_until(change, lambda _: None)
    assert isinstance(outcome, Outcome)
    ends = [end(outcome)]
    if change.startswith("update"):
        assert ends == [("partial", "locked", 99)]
        assert files.rows("select id, note from app.event where id > 0") == [(7, "changed")]
        assert files.rows("select rows, rows_deleted from pydb.archive_manifest") == [(100, 99)]
        assert end(files.export()) == ("completed", "exhausted", 1)
        assert files.in_table() == set()
    else:
        assert ends == [("completed", "exhausted", 99)]
    assert files.pending() == 0


def test_a_locked_row_gets_its_second_chance_and_stays(files: FileLab, connect: Connect) -> None:
    files.table(100)
    files.do("select pydb.setting_set('lock_timeout', '10 ms')")
    other = connect(autocommit=False)
    other.execute("select from app.event where id = 3 for update")
    assert end(files.export()) == ("partial", "locked", 99)
    other.rollback()
    assert files.in_table() == {3}
    assert files.pending() == 0
    assert end(files.export()) == ("completed", "exhausted", 1)


def test_rows_that_others_reference_stay(files: FileLab) -> None:
    files.table(100)
    files.do(
        "create table app.note (id integer primary key, event_id integer references app.event);"
        "insert into app.note values (1, 5), (2, null)"
    )
    assert end(files.export()) == ("partial", "referenced", 99)
    assert files.in_table() == {5}
    assert 5 not in files.in_files()


def test_rows_that_reference_each_other_go_leaves_first(files: FileLab) -> None:
    files.table(30, ", parent integer references app.event")
    files.do(
        "update app.event set parent = id + 1 where id between 1 and 9; create index on app.event (parent)"
    )
    assert end(files.export()) == ("completed", "exhausted", 30)
    assert files.in_files() == set(range(1, 31))


def test_partitions_and_filters(files: FileLab) -> None:
    files.do(
        "create schema if not exists app;"
        " create table app.event (id integer, at timestamptz not null, kind text)"
        " partition by range (id); create table app.event_1 partition of app.event for values"
        " from (0) to (100);"
        "create table app.event_2 (kind text, at timestamptz not null, id integer);"
        "alter table app.event attach partition app.event_2 for values from (100) to (1000);"
        "insert into app.event select i, now() - interval '60 days', case i % 2 when 0 then 'keep' else 'go'"
        " end from generate_series(1, 300) as i"
    )
    files.policy("app.event", more="p_fuse_share => 1, p_filter => $$kind = 'go'$$")
    outcome = files.export()
    assert end(outcome) == ("completed", "exhausted", 150)
    assert [(table.relation, table.rows) for table in outcome.tables] == [
        ("app.event_1", 50),
        ("app.event_2", 100),
    ]
    assert files.rows("select distinct kind from app.event") == [("keep",)]


def test_bounds_of_a_run_hold(files: FileLab) -> None:
    files.table(1000)
    assert end(files.export(max_rows=300)) == ("partial", "row_budget", 300)
    assert len(files.in_table()) == 700
    assert end(files.export()) == ("completed", "exhausted", 700)
    assert files.in_files() == set(range(1, 1001))


def test_the_fuse_and_the_kill_switch(files: FileLab) -> None:
    files.table(100)
    files.policy("app.event", more="p_fuse_share => 0.1")
    assert end(files.export()) == ("blocked", "fuse", 0)
    files.policy("app.event", more="p_fuse_share => 1")
    files.do("select pydb.retention_pause()")
    assert end(files.export()) == ("skipped", "kill_switch", 0)
    assert files.files() == []
    assert len(files.in_table()) == 100


def test_triggers_run_and_may_keep_rows(files: FileLab) -> None:
    files.table(100)
    files.do(
        "create table app.log (id integer); create function app.note() returns trigger language plpgsql as"
        " $$ begin if old.id = 5 then return null; elsif old.id = 6 then raise exception 'no'; end if;"
        " insert into log values (old.id); return old; end $$;"
        "create trigger note before delete on app.event for each row execute function app.note();"
        "do $$ begin execute format('alter database %I set search_path = app', current_database()); end $$"
    )
    state, _, done = end(files.export())
    assert (state, done) == ("partial", 98)
    assert files.in_table() == {5, 6}
    assert files.value("select count(*) from app.log") == 98
    assert files.pending() == 0


def test_sql_does_not_delete_what_is_to_be_exported(files: FileLab) -> None:
    files.table(10)
    with pytest.raises(Exception, match="exports its rows") as caught:
        files.do("call pydb.retention_run('events')")
    assert getattr(caught.value, "sqlstate", None) == "YD111"
    with pytest.raises(Exception, match="exports its rows") as caught:
        files.do("select * from pydb.retention_batch('events')")
    assert getattr(caught.value, "sqlstate", None) == "YD621"
    assert files.rows("select state, stop_reason, sqlstate from pydb.job_run") == [
        ("blocked", "error", "YD621")
    ]
    assert len(files.in_table()) == 10
    files.do("call pydb.retention_run('events', p_dry_run => true)")


def test_a_policy_that_exports_has_no_schedule_in_the_server(files: FileLab) -> None:
    files.table(1)
    with pytest.raises(Exception, match="has no schedule") as caught:
        files.policy("app.event", more="p_schedule => '15 3 * * *'")
    assert getattr(caught.value, "sqlstate", None) == "YD108"


def test_a_policy_that_deletes_is_not_exported(files: FileLab) -> None:
    files.table(10)
    files.do("select pydb.retention_policy_set('events', 'app.event', 'at', '30 days', p_fuse_share => 1)")
    outcome = files.export()
    assert end(outcome) == ("blocked", "error", 0)
    with pytest.raises(errors.UnknownName):
        files.export("no such")


def test_a_run_without_an_exporter_fails(files: FileLab) -> None:
    files.table(10)
    with pytest.raises(Exception, match="nobody writes the files") as caught:
        files.do("call pydb.retention_export_run('events', gen_random_uuid())")
    assert getattr(caught.value, "sqlstate", None) == "YD110"
    assert files.rows("select state, sqlstate from pydb.job_run") == [("failed", "YD623")]


def test_only_who_may_delete_exports(files: FileLab, role: RoleFactory) -> None:
    from pydb import db
    from pydb.archive import export

    files.table(10)
    files.do(open_roles())
    name = role("runner", "in role pydb_runner")
    dsn = f"{files.dsn} user={name}"
    with db.connect(dsn) as conn, db.connect(dsn) as reader:
        outcome = export.export(conn, reader, "events", files.target)
        assert end(outcome)[:2] == ("blocked", "error")
        files.do(f'grant usage on schema app to "{name}"; grant select, delete on app.event to "{name}"')
        assert end(export.export(conn, reader, "events", files.target)) == ("completed", "exhausted", 10)


def open_roles() -> str:
    from tests.servers import ROOT

    return (ROOT / "ops" / "postgresql" / "roles.sql").read_text("utf-8")


def test_a_run_does_not_end_before_the_files_that_came_last(files: FileLab) -> None:
    """The exporter may say that it is through after the run had looked for a file and before it asks."""
    files.table()
    files.left_behind()
    files.do("update pydb_internal.archive_exporter set is_over = true, sqlstate = 'XX000'")
    query = """select (t.run).state, (t.part).subject from pydb_internal.archive_exporter as e
        cross join pydb_internal.archive_exporter_wait(
            jsonb_populate_record(null::pydb_internal.run_state, jsonb_build_object(
                'run_id', (select max(id) from pydb.job_run), 'request', e.request, 'done', 0
            )), jsonb_populate_record(null::pydb_internal.run_part, '{"subject": "here"}')
        ) as t"""
    assert files.rows(query) == [(None, "here")]
    files.do("delete from pydb_internal.archive_chunk")
    assert files.rows(query) == [("failed", None)]


def test_large_values_out_of_line_make_small_files(files: FileLab) -> None:
    """Of narrow rows a hundred are in a block, of their values a megabyte each may lie elsewhere."""
    files.do(
        """create schema if not exists app;
        create table app.large (id bigint primary key, at timestamptz not null, body text);
        alter table app.large alter body set storage external;
        insert into app.large select i, '2020-01-01', repeat('x', 60000) from generate_series(1, 600) as i;
        select pydb.retention_policy_set('large', 'app.large', 'at', interval '30 days', p_action => 'export',
            p_fuse_share => 1)"""
    )
    outcome = files.export(policy="large")
    (table,) = outcome.tables
    assert outcome.run is not None
    assert (outcome.run.state, table.rows) == ("completed", 600)
    assert len(table.files) > 1  # 36 MB
    # of a partition that went meanwhile the one who reads from it tells
    with pydb_db.connect(files.dsn) as conn:
        assert pydb_db.read(conn, "table_width", relation=0) == [{"width": 1.0}]
