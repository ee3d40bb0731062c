"""The text of rows on its way from the server: whole lines in blocks, and errors on the way."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pydb import bulk, db, errors
from tests import reuse
from tests.archive.filelab import end

if TYPE_CHECKING:
    from tests.archive.filelab import FileLab

MANY = "copy (select i, repeat('x', 90) || chr(10) from generate_series(1, 20000) as i) to stdout"
FAILS = "copy (select i, 1 / (15000 - i), repeat('x', 90) from generate_series(1, 20000) as i) to stdout"


def test_blocks_of_whole_lines(files: FileLab) -> None:
    with reuse.borrowed(files.dsn) as conn, closing(bulk.copy_out(conn, MANY)) as pieces:
        blocks = list(pieces)
    lines = b"".join(blocks).splitlines()
    assert lines == [b"%d\t%s\\n" % (i, b"x" * 90) for i in range(1, 20001)]
    assert all(block.endswith(b"\n") for block in blocks)
    assert all(len(block) >= bulk.PIECE for block in blocks[:-1])
    assert len(blocks) == sum(map(len, blocks)) // bulk.PIECE + 1


def test_an_error_of_the_server_behind_the_first_rows(files: FileLab) -> None:
    seen: list[bytes] = []
    with reuse.borrowed(files.dsn) as conn:
        with closing(bulk.copy_out(conn, FAILS)) as pieces, pytest.raises(errors.PydbError) as caught:
            seen.extend(pieces)
        assert caught.value.sqlstate == "22012"
        assert 0 < b"".join(seen).count(b"\n") < 15000
        assert db.run_text(conn, "select 1") == 1


def test_who_stops_early_leaves_a_session_that_can_be_used(files: FileLab) -> None:
    with reuse.borrowed(files.dsn) as conn:
        with closing(bulk.copy_out(conn, MANY.replace("20000", "2000000"))) as pieces:
            assert next(pieces).startswith(b"1\t")
        assert db.run_text(conn, "select 1") == 1
        with (
            pytest.raises(errors.PydbError) as caught,
            closing(bulk.copy_out(conn, "copy nothing to stdout")) as none,
        ):
            next(none)
        assert caught.value.sqlstate == "42P01"


def test_files_are_small_at_the_beginning_and_at_the_end(files: FileLab) -> None:
    """So that deletes begin early and end soon; where nothing is left, the ranges are large again."""
    files.table(1)
    files.do(
        "alter table app.event set (fillfactor = 10); insert into app.event select i, now() - interval"
        " '60 days', repeat('x', 150) from generate_series(2, 9000) as i; insert into app.event select -i,"
        " now(), repeat('x', 150) from generate_series(11, 9000) as i"
    )
    assert files.value("select pg_relation_size('app.event') / 8192 > 4 * 1024")
    assert end(files.export()) == ("completed", "exhausted", 9000)
    sizes = [int(str(rows)) for (rows,) in files.rows("select rows from pydb.archive_manifest order by id")]
    assert sum(sizes) == 9000
    assert sizes[0] < sizes[1] < max(sizes) > sizes[-1]
    assert len(sizes) < 8
