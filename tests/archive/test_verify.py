"""A file that lies is never the last copy: what happened to it is named, nothing is deleted for it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import psycopg
import pytest

from pydb.archive import files as archive_files
from pydb.archive import manifest, target, verify
from pydb.archive.verify import Result
from tests import reuse
from tests.archive.filelab import FileLab, end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Connect, RoleFactory
    from tests.servers import TestServer


def lines(number: int) -> Iterator[bytes]:
    for i in range(number):
        yield b"%d\tnote %d\\tof %d\n" % (i, i * i, i)


def made(path: Path, part: int = 1, rows: int = 5000) -> manifest.Manifest:
    """A file and its manifest, without a database."""
    place = target.Directory(path)
    owner = manifest.Owner(7, 5)
    name = manifest.file_name("app.event", owner, 1, part)
    content = archive_files.write(place, name, lines(rows))
    known = manifest.Manifest(
        file=name, source="app.event", relation=1, system_identifier=7, database_oid=5, database="d",
        server_version=150000, policy="p", run_id=1, cutoff=None, columns=(), generated=(), key=("id",),
        rows=content.rows, oldest=None, newest=None, bytes_raw=content.bytes_raw, bytes=content.bytes,
        sha256=content.sha256, digest=content.digest, writer="test", created_at="now",
    )  # fmt: skip
    (path / f"{name}.json").write_bytes(known.to_json())
    return known


def test_a_flipped_byte_at_any_of_a_thousand_positions(tmp_path: Path) -> None:
    known = made(tmp_path)
    path = tmp_path / known.file
    whole = path.read_bytes()
    assert verify.check(target.Directory(tmp_path), known).result is Result.OK
    for number in range(1000):
        place = number * len(whole) // 1000
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << number % 8)]) + whole[place + 1 :])
        verdict = verify.check(target.Directory(tmp_path), known)
        assert verdict.result is Result.DAMAGED, (place, verdict)


def test_a_flipped_byte_of_a_manifest(tmp_path: Path) -> None:
    known = made(tmp_path, rows=10)
    text = known.to_json()
    assert manifest.parse(text) == known
    for place in range(len(text) - 1):
        changed = text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
        try:
            found = manifest.parse(changed)
        except manifest.BadManifest:
            continue
        assert found == known, place  # it was a blank


@pytest.mark.parametrize("cut", [1, 10, 0.5, 0.99])
def test_a_file_that_was_cut_off(tmp_path: Path, cut: float) -> None:
    known = made(tmp_path)
    whole = (tmp_path / known.file).read_bytes()
    (tmp_path / known.file).write_bytes(whole[: -int(cut)] if cut >= 1 else whole[: int(len(whole) * cut)])
    (verdict,) = verify.directory(target.Directory(tmp_path))
    assert verdict.result is Result.TRUNCATED


def test_a_file_with_more_behind_its_end(tmp_path: Path) -> None:
    known = made(tmp_path)
    with (tmp_path / known.file).open("ab") as file:
        file.write((tmp_path / known.file).read_bytes())
    (verdict,) = verify.directory(target.Directory(tmp_path))
    assert verdict.result is Result.DAMAGED


def test_each_file_has_its_own_result(tmp_path: Path) -> None:
    """All at once, one of each kind: none stops the others."""
    known = [made(tmp_path, part, 100 + part) for part in range(1, 9)]
    paths = [tmp_path / one.file for one in known]
    kept = paths[1].read_bytes()
    paths[1].write_bytes(paths[2].read_bytes())
    paths[2].write_bytes(kept)
    paths[3].unlink()
    (tmp_path / f"{known[4].file}.json").unlink()
    (tmp_path / f"{known[5].file}.json").write_text("{}")
    shutil.copy(tmp_path / f"{known[6].file}.json", tmp_path / f"{known[0].file}.other.copy.zst.json")
    (tmp_path / f"{known[7].file}.tmp").write_bytes(b"half")
    (tmp_path / "of somebody else.txt").write_text("not ours")
    found = {one.file: one.result for one in verify.directory(target.Directory(tmp_path))}
    assert [found[one.file] for one in known] == [
        Result.OK, Result.SWAPPED, Result.SWAPPED, Result.MISSING, Result.NO_MANIFEST, Result.BAD_MANIFEST,
        Result.OK, Result.OK,
    ]  # fmt: skip
    assert found[f"{known[0].file}.other.copy.zst"] is Result.BAD_MANIFEST
    assert found[f"{known[7].file}.tmp"] is Result.TEMPORARY
    assert len(found) == 10


def test_what_the_database_knows(files: FileLab, tmp_path: Path) -> None:
    files.table(300)
    outcome = files.export(blocks=1)
    names = outcome.tables[0].files
    assert len(names) >= 3
    (files.path / names[0]).unlink()
    (files.path / f"{names[0]}.json").unlink()
    stranger = made(files.path)
    found = files.verdicts()
    assert found[names[0]] is Result.MISSING
    assert found[names[1]] is Result.OK
    assert found[stranger.file] is Result.FOREIGN
    files.do("update pydb.archive_manifest set sha256 = repeat('0', 64) where id = 2")
    assert files.verdicts()[names[1]] is Result.BAD_MANIFEST
    files.do("delete from pydb.archive_manifest where id = 3")
    assert files.verdicts()[names[2]] is Result.UNKNOWN


def flip(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 4
    path.write_bytes(whole)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


BROKEN: dict[str, tuple[Callable[[Path], object], Result]] = {
    "flipped": (flip, Result.DAMAGED),
    "truncated": (cut, Result.TRUNCATED),
    "missing": (lambda path: path.unlink(), Result.MISSING),
}


@pytest.mark.parametrize("how", BROKEN)
def test_nothing_is_deleted_for_a_file_that_broke_meanwhile(files: FileLab, how: str) -> None:
    """An interrupted export left rows to be deleted for its file; before they are, the file is read again."""
    files.table(100)
    files.left_behind()
    (name,) = [name for name in files.files() if name.endswith(".copy.zst")]
    break_it, result = BROKEN[how]
    break_it(files.path / name)
    outcome = files.export()
    assert [(one.file, one.result) for one in outcome.refused] == [(name, result)]
    assert end(outcome) == ("completed", "exhausted", 100)
    assert outcome.tables[0].rows == 100  # they were exported anew
    new = outcome.tables[0].files[0]
    assert verify.check(files.target, manifest.parse((files.path / f"{new}.json").read_bytes())).is_good
    assert files.rows("select rows_deleted from pydb.archive_manifest order by id") == [(0,), (100,)]


def test_an_interrupted_delete_goes_on_without_another_file(files: FileLab) -> None:
    files.table(100)
    files.left_behind()
    outcome = files.export()
    assert len(outcome.adopted) == 1
    assert outcome.refused == []
    assert end(outcome) == ("completed", "exhausted", 100)
    assert outcome.tables[0].files == []
    assert files.rows("select rows, rows_deleted from pydb.archive_manifest") == [(100, 100)]


@pytest.mark.parametrize(
    "change", ["vacuum full app.event", "alter table app.event add column more integer default 5"]
)
def test_a_table_that_was_changed_meanwhile_is_exported_anew(files: FileLab, change: str) -> None:
    """Places and columns are others by now: not one row goes for the file of before."""
    files.table(100)
    files.left_behind()
    files.do(change)
    outcome = files.export()
    assert end(outcome) == ("completed", "exhausted", 100)
    assert files.rows("select rows, rows_deleted from pydb.archive_manifest order by id") == [
        (100, 0),
        (100, 100),
    ]


def test_a_copy_of_the_database_deletes_nothing_for_the_files_of_the_first(
    alone: None, files: FileLab, server: TestServer
) -> None:
    files.table(100)
    files.left_behind()
    name = files.value("select current_database()")
    stale = manifest.file_name("app.event", own(files), 99, 1) + ".tmp"
    (files.path / stale).write_bytes(b"half a file of the first")
    before = {path: (files.path / path).read_bytes() for path in files.files()}
    files.db.close()
    with (
        server.database(migrated=True, template=str(name)) as copy,
        psycopg.connect(copy.dsn, autocommit=True) as clone,
    ):
        lab = FileLab(clone, copy.dsn, files.path)
        assert end(lab.export()) == ("blocked", "held", 0)
        clone.execute("select pydb.guard_allow('a copy that works for itself')")
        outcome = lab.export()
        assert end(outcome) == ("completed", "exhausted", 100)
        assert (outcome.adopted, outcome.removed) == ([], [])
        (own_file,) = outcome.tables[0].files
        found = lab.verdicts()
        assert found.pop(own_file) is Result.OK
        assert set(found.values()) == {Result.FOREIGN, Result.TEMPORARY}
    for path, content in before.items():
        assert (files.path / path).read_bytes() == content, path


def own(files: FileLab) -> manifest.Owner:
    with reuse.borrowed(files.dsn) as conn:
        return verify.own(conn)


def test_stale_temporary_files_go_with_the_next_run(files: FileLab) -> None:
    files.table(10)
    stale = manifest.file_name("app.event", own(files), 99, 1) + ".tmp"
    other = manifest.file_name("app.event", manifest.Owner(1, 1), 99, 1) + ".tmp"
    for name in (stale, other, "notes.tmp"):
        (files.path / name).write_bytes(b"half")
    outcome = files.export()
    assert outcome.removed == [stale]
    assert {other, "notes.tmp"} < set(files.files())


def test_json_of_a_manifest_is_one_document(tmp_path: Path) -> None:
    known = made(tmp_path, rows=3)
    document = json.loads((tmp_path / f"{known.file}.json").read_text())
    assert document["format"] == manifest.FORMAT
    assert document["rows"] == 3


def test_rows_are_named_by_who_exported_them_and_only_then(
    files: FileLab, connect: Connect, role: RoleFactory
) -> None:
    files.table(10)
    files.left_behind()
    add = "'x', array['(0,1)']::tid[], array['731']::xid[]"
    of_another = '{"manifest": {"system_identifier": 1, "relation": 1}}'
    of_no_run = "manifest, place, gen_random_uuid()) from pydb.archive_manifest"
    for statement, code in (
        (f"select pydb_internal.archive_chunk_add(1, 9, {add})", "YD005"),
        (f"select pydb_internal.archive_manifest_vet('{of_another}')", "YD622"),
        (f"select pydb_internal.archive_manifest_enter({of_no_run}", "YD110"),
        ("select pydb_internal.archive_chunk_account(1, 1, 0, 5, true, false)", "YD901"),
    ):
        with pytest.raises(psycopg.Error) as caught:
            files.do(statement)
        assert caught.value.sqlstate == code, statement
    other = connect(role("other", "superuser"))
    for routine, value in (
        ("(select count(*) from pydb_internal.archive_pending('events'))", 0),
        ("pydb_internal.archive_adopt(1, null)", False),
        ("pydb_internal.archive_places(1, 0, 0, 10)", None),
        ("pydb_internal.archive_versions(1, 0)", None),
        ("(pydb_internal.archive_chunk_next(1)).manifest_id", None),
    ):
        assert other.execute(f"select {routine}".encode()).fetchall() == [(value,)], routine
    assert files.pending() == 1


@pytest.mark.parametrize("versions", ["one", "many"])
def test_a_place_that_holds_another_row_by_now_keeps_it(files: FileLab, versions: str) -> None:
    files.table(20)
    if versions == "many":  # each row is of a transaction of its own
        files.do(
            "do $$ begin for i in 1..20 loop begin update app.event set note = note where id = i;"
            " exception when division_by_zero then null; end; end loop; end $$"
        )
    files.left_behind()
    assert files.value("select cardinality(versions) from pydb_internal.archive_chunk") == (
        20 if versions == "many" else 1
    )
    place = files.value("select ctid::text from app.event where id = 7")
    files.do("delete from app.event where id = 7")
    files.do("vacuum app.event")
    files.do(
        "insert into app.event select i, now() - interval '60 days', 'another'"
        " from generate_series(101, 121) as i"
    )
    assert files.value(f"select exists (select from app.event where id > 100 and ctid = '{place}')")
    assert end(files.export()) == ("completed", "exhausted", 40)
    manifests = files.rows("select rows, rows_deleted from pydb.archive_manifest order by id")
    assert manifests == [(20, 19), (21, 21)]
    assert files.in_table() == set()
    assert files.in_files() == {*range(1, 21), *range(101, 122)}
