"""Rows of a partition are saved before it is dropped: in the archive, or in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydb import db as pydb_db
from pydb import errors
from pydb.archive import carry, export, files, target
from tests.retention.lab import NOW, Lab, refused
from tests.retention.test_partitions import DONE, actions, daily, dropping, fates, left, why

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg


def saved(lab: Lab) -> list[tuple[object, ...]]:
    return lab.rows("select name, state, rows, rows_saved from pydb.retention_partition order by id")


def in_archive(lab: Lab) -> list[tuple[object, ...]]:
    return lab.rows("select id, pydb_run_id from pydb_archive.public__t order by id")


def test_rows_go_to_the_archive_before_the_drop_and_come_back(lab: Lab) -> None:
    daily(lab)
    dropping(lab, partition_first="archive")
    plan = actions(lab)
    assert [plan[f"t_{i}"] for i in range(5)] == [("archive_drop", 4)] * 4 + [("archive", 2)]
    assert lab.one("select action from pydb.retention_plan('p', %s) where relation = 'public.t_0'", NOW) == (
        "archive_drop"
    )
    run = lab.run()
    assert (run.end, run.rows_done) == (DONE, 18)
    assert saved(lab) == [(f"public.t_{i}", "dropped", 4, 4) for i in range(4)]
    assert left(lab) == [f"t_{i}" for i in range(4, 8)]
    assert in_archive(lab) == [(i, run.id) for i in range(1, 19)]
    assert lab.run().rows_done == 0
    # back to their table: somebody makes the partitions again
    lab.do(
        "create table public.t_again partition of public.t for values from ('2024-11-01') to ('2024-12-02')"
    )
    assert lab.number(f"select sum(restored)::int from pydb.archive_restore({run.id})") == 18
    assert lab.number("select count(*) from public.t") == 32
    assert in_archive(lab) == []


def test_a_large_partition_is_archived_in_stages(lab: Lab) -> None:
    lab.do(
        """create table public.t (id int, at timestamptz not null, gone int, pad text)
            partition by range (at);
        create table public.t_old (pad text, at timestamptz not null, id int);
        alter table public.t drop column gone;
        alter table public.t_old alter column pad set storage plain;
        alter table public.t attach partition public.t_old for values from ('2024-10-01') to ('2024-11-01');
        create table public.t_new partition of public.t for values from ('2024-11-01') to ('2035-01-01');
        insert into public.t select i, '2024-10-05', repeat('x', 3500) from generate_series(1, 10001) as i;
        analyze public.t_old;"""
    )
    dropping(lab, partition_first="archive", fuse_share=1)
    run = lab.run()
    assert (run.end, run.rows_done) == (DONE, 10001)
    assert run.batches == 3, "it is detached, some of it moves, the rest is copied and the drop goes with it"
    assert saved(lab) == [("public.t_old", "dropped", 10001, 10001)]
    assert lab.number("select count(distinct id) from pydb_archive.public__t") == 10001
    assert lab.number("select rows from pydb.archive_run") == 10001


def test_triggers_of_a_partition_see_no_delete(lab: Lab) -> None:
    daily(lab)
    lab.do(
        """create function public.no() returns trigger language plpgsql as $$ begin
            raise 'nobody deletes here'; end $$;
        create trigger no before delete on public.t_0 for each row execute function public.no();"""
    )
    dropping(lab, partition_first="archive")
    assert "triggers_skipped" in why(lab, "t_0")
    assert lab.run().rows_done == 18
    assert len(in_archive(lab)) == 18


def test_odd_names_and_levels(lab: Lab) -> None:
    lab.do(
        """create schema "Wörter""; --";
        create table "Wörter""; --"."rows" (t int, "k at" timestamptz not null, new int, "rows" int,
            twice int generated always as (t * 2) stored) partition by range ("k at");
        create table "Wörter""; --"."ä'b" partition of "Wörter""; --"."rows"
            for values from ('2024-10-01') to ('2024-11-01') partition by list (new);
        create table "Wörter""; --"."1" partition of "Wörter""; --"."ä'b" for values in (1);
        create table "Wörter""; --"."2" partition of "Wörter""; --"."ä'b" for values in (2);
        create table "Wörter""; --"."old" partition of "Wörter""; --"."rows"
            for values from ('2024-11-01') to ('2035-01-01');
        insert into "Wörter""; --"."rows" values
            (1, '2024-10-05', 1, 7), (2, '2024-10-05', 2, 8), (3, '2024-11-05', 2, null),
            (4, '2024-12-31', 1, null);"""
    )
    dropping(lab, table='"Wörter""; --"."rows"', column="k at", partition_first="archive")
    assert lab.run().rows_done == 3
    assert fates(lab) == [('"Wörter""; --"."ä\'b"', "dropped", 2)]
    name = lab.one("select archive::text from pydb.archive_table")
    assert lab.rows(f'select t, new, "rows", twice from {name} order by t') == [
        (1, 1, 7, 2),
        (2, 2, 8, 4),
        (3, 2, None, 6),
    ]


def test_a_column_that_changed_stops_it_and_keeps_all(lab: Lab) -> None:
    daily(lab, columns=", note int")
    dropping(lab, partition_first="archive")
    lab.do("alter table public.t alter column note type text")
    assert lab.call().run.end == ("blocked", "error")
    assert lab.number("select count(*) from public.t") == 32
    assert len(left(lab)) == 8


def test_what_cannot_be_meant_is_refused(lab: Lab) -> None:
    daily(lab)
    for bad in (
        {"partition_first": "burn"},
        {"partition_first": "archive", "partition": "keep"},
        {"partition_first": "export", "action": "delete"},
    ):
        with refused("YD001", what=bad):
            dropping(lab, **bad)


def test_rows_go_to_verified_files_before_the_drop(lab: Lab, dsn: str, tmp_path: Path) -> None:
    daily(lab)
    # nothing references it: the policy may say what becomes of what would
    dropping(lab, partition_first="export", on_referenced="cascade", fuse_share=1)
    assert [row for row in actions(lab).values() if row[1]] == [("export_drop", 4)] * 4
    run = lab.run()
    # the server alone detaches: who comes after reads none of it, and nothing is lost
    assert (run.end, run.rows_done, run.sqlstate) == (("partial", "error"), 0, "YD621")
    assert fates(lab) == [(f"public.t_{i}", "detached", 4) for i in range(4)]
    assert run.detail["waiting_export"] == 4
    assert [lab.number(f"select count(*) from public.t_{i}") for i in range(4)] == [4] * 4
    place = target.Directory(tmp_path)
    with pydb_db.connect(dsn) as conn, pydb_db.connect(dsn) as reader:
        done = export.export(conn, reader, "p", place, now=NOW.isoformat())
    assert done.error is None
    assert done.run is not None
    assert (done.run.state, done.run.stop_reason, done.run.rows_done) == (*DONE, 16)
    assert saved(lab) == [(f"public.t_{i}", "dropped", 4, 4) for i in range(4)]
    found = b"".join(b"".join(files.read(place, name)) for table in done.tables for name in table.files)
    assert {int(line.split(b"\t")[0]) for line in found.splitlines()} == set(range(1, 17))
    assert lab.rows("select sum(rows)::int, sum(rows_deleted)::int from pydb.archive_manifest") == [(16, 16)]
    assert lab.number("select count(*) from pydb_internal.archive_chunk") == 0
    assert left(lab) == [f"t_{i}" for i in range(4, 8)]


def test_what_came_into_a_detached_partition_keeps_it(lab: Lab, dsn: str, tmp_path: Path) -> None:
    daily(lab)
    dropping(lab, partition_first="export", fuse_share=1)
    lab.run()
    lab.do("insert into public.t_0 values (99, '2024-12-31')")
    place = target.Directory(tmp_path)
    with pydb_db.connect(dsn) as conn, pydb_db.connect(dsn) as reader:
        done = export.export(conn, reader, "p", place, now=NOW.isoformat())
    assert done.run is not None
    assert (done.run.state, done.run.rows_done) == ("partial", 16)
    assert fates(lab)[0] == ("public.t_0", "detached", 4)
    assert lab.rows("select id from public.t_0") == [(99,)]


@pytest.mark.parametrize("first", ["archive", "export"])
def test_a_policy_file_and_the_plan_know_it(lab: Lab, first: str) -> None:
    daily(lab)
    dropping(lab, partition_first=first)
    assert lab.one("select partition_first from pydb.retention_policy where name = 'p'") == first
    with pytest.raises(Exception, match="check"):
        lab.do("update pydb.retention_policy set partition = 'keep' where name = 'p'")


def test_where_rows_go_along_files_come_by_way_of_the_archive(lab: Lab, dsn: str, tmp_path: Path) -> None:
    """No file of a partition would hold what goes with its rows: told, refused, and the hint works."""
    daily(lab)
    lab.do(
        """alter table public.t add primary key (id, at);
        create table public.child (id int primary key, t_id int, t_at timestamptz,
            foreign key (t_id, t_at) references public.t (id, at) on delete cascade);
        create index on public.child (t_id, t_at);
        insert into public.child select id, id, at from public.t where id in (2, 6, 31)"""
    )
    told: list[tuple[str | None, str | None]] = []

    def note(said: psycopg.errors.Diagnostic) -> None:
        told.append((said.sqlstate, said.message_hint))

    lab.db.add_notice_handler(note)
    dropping(lab, partition_first="export", on_referenced="cascade", fuse_share=1)
    lab.db.remove_notice_handler(note)
    ((code, cure),) = told
    assert code == "YD621"
    assert cure is not None
    first = lab.plan()[0]
    assert first.codes[0] == "goes_along"
    assert first.warnings[0].endswith(cure)
    assert lab.rows(
        "select state, hint from pydb.retention_policy_explain('p') where aspect = 'goes_along'"
    ) == [("blocks", cure)]
    place = target.Directory(tmp_path)
    with pydb_db.connect(dsn) as conn, pydb_db.connect(dsn) as reader:
        with pytest.raises(errors.RunBlocked, match="go along"):
            export.export(conn, reader, "p", place, now=NOW.isoformat())
        assert lab.number("select count(*) from public.t") == 32
        dropping(lab, partition_first="archive", on_referenced="cascade", fuse_share=1)
        assert "goes_along" not in {code for row in lab.plan() for code in row.codes}
        done = lab.run()
        assert done.end == DONE
        assert lab.ids("public.child") == [31]
        carried = carry.export_archived(conn, reader, place, run_id=done.id)
    assert carried.run is not None
    assert carried.run.state == "completed"
    assert {table.relation: table.rows for table in carried.tables} == {
        "public.t": 32 - lab.number("select count(*) from public.t"),
        "public.child": 2,
    }
