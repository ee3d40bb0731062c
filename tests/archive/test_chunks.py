"""Files of an application: on the disk as they were meant, or not there at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydb.archive import chunks
from pydb.archive.target import Directory
from pydb.archive.verify import Result
from pydb.errors import FileRefused, UsageError

if TYPE_CHECKING:
    from typing import BinaryIO

LINES = [b"2026-01-%02dT%02d:00Z,%d\n" % (1 + i // 24, i % 24, i * 7 % 40) for i in range(600)]


def time(line: bytes) -> bytes:
    return line[:17]


def write(place: Directory, name: str = "lyon-2026", lines: list[bytes] = LINES) -> chunks.Chunk:
    return chunks.write(place, name, lines, source="lyon", time=time)


@pytest.fixture
def place(tmp_path: Path) -> Directory:
    return Directory(tmp_path)


def test_what_is_written_is_known_and_comes_back(place: Directory, tmp_path: Path) -> None:
    chunk = write(place)
    assert (chunk.file, chunk.source, chunk.rows) == ("lyon-2026.chunk.zst", "lyon", 600)
    assert (chunk.oldest, chunk.newest) == ("2026-01-01T00:00Z", "2026-01-25T23:00Z")
    assert chunk.bytes == (tmp_path / chunk.file).stat().st_size
    assert chunk.bytes_raw == sum(map(len, LINES))
    assert list(chunks.lines(place, chunk.file)) == LINES
    assert chunks.check(place, chunk).result is Result.OK
    assert place.names() == [chunk.file]


def test_a_line_is_what_ends_with_a_newline(place: Directory) -> None:
    odd = [b"2026-01-01T00:00Z,a\rb\x0bc\x85\r\n", *LINES, b"2026-01-01T00:00Z,\x00\n"]
    chunk = write(place, lines=odd)
    assert chunk.rows == 602
    assert list(chunks.lines(place, chunk.file)) == odd


def test_the_order_of_lines_does_not_matter_for_their_times(place: Directory) -> None:
    chunk = write(place, lines=LINES[300:] + LINES[:300])
    assert (chunk.oldest, chunk.newest) == ("2026-01-01T00:00Z", "2026-01-25T23:00Z")


def test_the_same_lines_give_the_same_bytes(place: Directory, tmp_path: Path) -> None:
    many = LINES * 60
    first, second = write(place, "a", many), write(place, "b", list(many))
    assert (first.sha256, first.digest) == (second.sha256, second.digest)
    assert (tmp_path / first.file).read_bytes() == (tmp_path / second.file).read_bytes()


def test_what_is_there_is_never_overwritten(place: Directory, tmp_path: Path) -> None:
    chunk = write(place)
    before = (tmp_path / chunk.file).read_bytes()
    with pytest.raises(FileExistsError):
        write(place, lines=LINES[:10])
    assert (tmp_path / chunk.file).read_bytes() == before
    assert place.names() == [chunk.file]


class Changing(Directory):
    """A disk that does not keep what it was given."""

    def __init__(self, path: Path, change: bytes | None) -> None:
        super().__init__(path)
        self._change = change

    def publish(self, file: BinaryIO, name: str, *, over: bool = False) -> None:
        super().publish(file, name, over=over)
        path = Path(self.place) / name
        data = path.read_bytes()
        path.write_bytes(data[:-9] if self._change is None else data[:40] + self._change + data[41:])


@pytest.mark.parametrize("change", [None, b"\x00", b"\xff"])
def test_what_is_not_read_back_as_it_was_written_is_gone(tmp_path: Path, change: bytes | None) -> None:
    place = Changing(tmp_path, change)
    with pytest.raises(FileRefused, match="is not what was written"):
        write(place)
    assert place.names() == []


def test_nothing_is_left_where_lines_end_with_an_error(place: Directory) -> None:
    def broken() -> list[bytes]:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        chunks.write(place, "x", (line for line in (*LINES, *broken())), source="x", time=time)
    with pytest.raises(FileRefused, match="no lines"):
        write(place, lines=[])
    for bad in (b"no newline", b"two\nlines\n"):
        with pytest.raises(UsageError, match="newline"):
            write(place, lines=[*LINES, bad])
    with pytest.raises(UsageError, match="no name"):
        write(place, "../x")
    assert place.names() == []


def test_stale_files_are_cleaned_and_nothing_else(place: Directory, tmp_path: Path) -> None:
    chunk = write(place)
    place.create("lyon-2027.chunk.zst").close()
    (tmp_path / "others.tmp").touch()
    assert chunks.clean(place) == ["lyon-2027.chunk.zst.tmp"]
    assert place.names() == [chunk.file, "others.tmp"]
    assert chunks.clean(place) == []


def test_what_became_of_a_file_has_a_name(place: Directory, tmp_path: Path) -> None:
    chunk = write(place)
    path = tmp_path / chunk.file
    data = path.read_bytes()
    path.write_bytes(data[:60] + bytes([data[60] ^ 1]) + data[61:])
    assert chunks.check(place, chunk).result is Result.DAMAGED
    os.truncate(path, 100)
    assert chunks.check(place, chunk).result is Result.TRUNCATED
    path.unlink()
    assert chunks.check(place, chunk).result is Result.MISSING
