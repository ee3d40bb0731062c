"""Files of an application, written and verified as archive files are.

    from pydb.archive import chunks

    place = chunks.open_place("/srv/weather", create=True)
    chunks.clean(place)                                       # what a killed writer left
    chunk = chunks.write(place, "lyon-2025", lines, source="lyon", time=lambda line: line[:20])
    register(chunk)                                           # a row of a table: only now does the file count

:func:`write` gives lines to a file with a temporary name (zstd), syncs it, gives it its name, syncs the
directory, then reads it back, all of it: lines, bytes, two checksums, oldest and newest line. What differs is
removed and raises; so what is registered was on the disk as it was meant. What is there is never overwritten,
and the same lines give the same bytes (with the same version of zstd).

:func:`check` says later whether a registered file is still what it was, :func:`lines` reads one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from pydb.archive import files, verify
from pydb.archive.target import TEMPORARY, find
from pydb.errors import FileRefused, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pydb.archive.target import Target
    from pydb.archive.verify import Verdict

    Time = Callable[[bytes], bytes]

ENDING: Final = ".chunk.zst"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is known of a file, to be kept where the application keeps it.

    ``oldest`` and ``newest`` are the least and the greatest of what ``time`` gives of a line, as text;
    ``sha256`` is of the file, ``digest`` of its lines, the same whatever compressed them. Sizes are bytes.
    """

    file: str
    source: str
    rows: int
    oldest: str
    newest: str
    bytes_raw: int
    bytes: int
    sha256: str
    digest: str


def open_place(place: str | Path, *, create: bool = False) -> Target:
    """A directory, or a URL that fsspec knows (``pip install '.[fsspec]'``)."""
    return find(str(place), create=create)


def write(
    place: Target,
    name: str,
    lines: Iterable[bytes],
    *,
    source: str,
    time: Time,
    phase: Callable[[str, float], object] | None = None,
) -> Chunk:
    """Write lines (each with its newline) to the file ``<name>.chunk.zst`` and read it back.

    ``phase`` is called with ``write`` and ``verify`` and how many seconds each took.

    Raises :class:`~pydb.errors.FileRefused` if there are no lines, or if what is read back is not what was
    written (the file is gone then); FileExistsError if the name is taken; ``NoSpace`` if the disk is full.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a file", detail="letters, digits, _ . and - of ASCII")
    file = name + ENDING
    seen = _Times(time)
    began = monotonic()
    written = files.write(place, file, _pieces(lines, seen))
    between = monotonic()
    try:
        if not written.rows:
            raise FileRefused(f"there are no lines for {file}")
        found = _Times(time)
        read = files.measure(place, file, found.look)
        found.end()
        if (read, found.count, found.bounds) != (written, seen.count, seen.bounds):
            raise FileRefused(f"{file} is not what was written", detail=f"written {written}, read {read}")
    except files.NotAFile as error:
        place.remove(file)
        raise FileRefused(f"{file} is not what was written", detail=str(error)) from None
    except BaseException:
        place.remove(file)
        raise
    if phase is not None:
        phase("write", between - began)
        phase("verify", monotonic() - between)
    oldest, newest = seen.bounds
    return Chunk(
        file,
        source,
        written.rows,
        oldest.decode(),
        newest.decode(),
        written.bytes_raw,
        written.bytes,
        written.sha256,
        written.digest,
    )


def check(place: Target, chunk: Chunk) -> Verdict:
    """Read a file back, all of it: ok, damaged, truncated, missing or unreadable."""
    return verify.check(place, chunk)


def lines(place: Target, file: str) -> Iterator[bytes]:
    """The lines of a file, each with its newline; ``NotAFile`` (a ValueError) if it is damaged."""
    rest = b""
    for piece in files.read(place, file):
        whole, rest = _whole(rest + piece)
        yield from whole
    if rest:
        yield rest


def clean(place: Target) -> list[str]:
    """Remove files with a temporary name, which a writer left that was killed; return the names.

    For a place with one writer, before it begins: that of another one would be taken for such.
    """
    stale = [name for name in place.names() if name.endswith(ENDING + TEMPORARY)]
    for name in stale:
        place.remove(name)
    return stale


class _Times:
    """The oldest and the newest of the lines that go by, and how many there are."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._rest = b""
        self._bounds: tuple[bytes, bytes] | None = None
        self.count = 0

    @property
    def bounds(self) -> tuple[bytes, bytes]:
        return self._bounds or (b"", b"")

    def look(self, piece: bytes) -> None:
        """Take text in pieces of any size."""
        whole, self._rest = _whole(self._rest + piece)
        if whole:
            self.take(whole)

    def end(self) -> None:
        """No more comes: what has no newline is a line too, and will not be as it was."""
        if self._rest:
            self.take([self._rest])

    def take(self, whole: list[bytes]) -> None:
        times = list(map(self._time, whole))
        least, most = min(times), max(times)
        if self._bounds is not None:
            least, most = min(least, self._bounds[0]), max(most, self._bounds[1])
        self._bounds = (least, most)
        self.count += len(whole)


def _whole(text: bytes) -> tuple[list[bytes], bytes]:
    """The whole lines of a text, and what is left; a carriage return is part of a line."""
    *whole, rest = text.split(b"\n")
    return [line + b"\n" for line in whole], rest


def _pieces(lines: Iterable[bytes], seen: _Times) -> Iterator[bytes]:
    """Lines as pieces that do not depend on how they came: the bytes of a file depend on them."""
    waiting: list[bytes] = []
    size = 0
    for line in lines:
        if not line.endswith(b"\n") or line.count(b"\n") != 1:
            raise UsageError("a line ends with its newline, and has no other", detail=repr(line[:80]))
        waiting.append(line)
        size += len(line)
        if size >= files.PIECE:
            seen.take(waiting)
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        seen.take(waiting)
        yield b"".join(waiting)
