"""One file: rows go in as COPY text, it is made durable, read back and compared.

Memory stays flat: rows go through in pieces, and nobody looks at one.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydb.archive import compress
from pydb.archive.target import NoSpace, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from typing import BinaryIO

    from pydb.archive.target import Target

PIECE: Final = 1 << 18
"""Bytes that are compressed, hashed and read at once, about."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a file: the same whoever writes it down or reads it."""

    rows: int
    bytes_raw: int
    bytes: int
    sha256: str
    digest: str


def write(
    target: Target,
    name: str,
    pieces: Iterable[bytes],
    *,
    rows: int | None = None,
    describe: Callable[[Content], str] | None = None,
) -> Content:
    """Write COPY text, in pieces of any size; ``rows``: how many there will be, for what a full disk lacks.

    At the end it is on the disk under its name. If ``pieces`` or the disk fails, nothing is left.
    ``describe`` writes its manifest before it gets its name, and returns that of the manifest: so it never
    stands there without one, whatever is killed when.
    """
    sink = _Sink()
    beside: list[str] = []
    try:
        # the server, this thread and the compressor each have work at any time; at most two pieces wait
        with written(target, name, beside=beside) as file, ThreadPoolExecutor(max_workers=1) as worker:
            before: Future[None] | None = None
            for piece in pieces:
                if before is not None:
                    before.result()
                before = worker.submit(sink.put, file, piece)
            if before is not None:
                before.result()
            sink.end(file)
            if describe is not None:
                beside.append(describe(sink.content()))
    except NoSpace as error:
        raise NoSpace(target, name, error.number, sink.size_of(rows)) from error
    return sink.content()


class _Sink:
    """Hashes, compresses and writes what goes into a file."""

    def __init__(self) -> None:
        self._frame = compress.compressor()
        self._raw, self._packed = hashlib.sha256(), hashlib.sha256()
        self._rows = self._bytes_raw = self._bytes = 0

    def put(self, file: BinaryIO, piece: bytes) -> None:
        self._raw.update(piece)
        self._rows += piece.count(b"\n")
        self._bytes_raw += len(piece)
        self._write(file, self._frame.compress(piece))

    def end(self, file: BinaryIO) -> None:
        self._write(file, self._frame.flush())

    def _write(self, file: BinaryIO, data: bytes) -> None:
        if data:
            self._packed.update(data)
            self._bytes += len(data)
            file.write(data)

    def size_of(self, rows: int | None) -> int | None:
        """Bytes of a file of so many rows, by what those so far took."""
        return self._bytes * rows // self._rows if rows and self._rows and self._bytes else None

    def content(self) -> Content:
        return Content(
            self._rows, self._bytes_raw, self._bytes, self._packed.hexdigest(), self._raw.hexdigest()
        )


class NotAFile(ValueError):
    """The bytes are no whole zstd frame."""


def read(target: Target, name: str) -> Iterator[bytes]:
    """The rows of a file as COPY text, in pieces; :class:`NotAFile` if it is damaged or ends too early."""
    frame = compress.decompressor()
    with target.open(name) as file:
        while data := file.read(PIECE):
            yield from _inflate(frame, data)
    if not frame.eof:
        raise NotAFile("it ends too early")


def _inflate(frame: compress.Decompressor, data: bytes) -> Iterator[bytes]:
    try:
        if frame.eof:
            raise NotAFile("there is more behind its end")
        piece = frame.decompress(data, PIECE)
        while True:
            if piece:
                yield piece
            if frame.needs_input or frame.eof:
                break
            piece = frame.decompress(b"", PIECE)
        if frame.unused_data:
            raise NotAFile("there is more behind its end")
    except compress.Error as error:
        raise NotAFile(f"it is damaged: {error}") from None


def measure(target: Target, name: str, look: Callable[[bytes], None] | None = None) -> Content:
    """Read a file back, all of it: what it holds by itself, whatever its manifest says.

    ``look`` is called with its text, piece by piece.
    """
    frame = compress.decompressor()
    raw, packed = hashlib.sha256(), hashlib.sha256()
    rows = bytes_raw = size = 0
    with target.open(name) as file, ThreadPoolExecutor(max_workers=1) as worker:
        hashed: Future[None] | None = None  # that of a piece, while the next one is inflated and counted
        while data := file.read(PIECE):
            packed.update(data)
            size += len(data)
            for piece in _inflate(frame, data):
                rows += piece.count(b"\n")
                bytes_raw += len(piece)
                if look is not None:
                    look(piece)
                if hashed is not None:
                    hashed.result()
                hashed = worker.submit(raw.update, piece)
        if hashed is not None:
            hashed.result()
    if not frame.eof:
        raise NotAFile("it ends too early")
    return Content(rows, bytes_raw, size, packed.hexdigest(), raw.hexdigest())


def checksum(target: Target, name: str) -> str:
    """SHA-256 of the file, in hex."""
    whole = hashlib.sha256()
    with target.open(name) as file:
        while data := file.read(PIECE):
            whole.update(data)
    return whole.hexdigest()
