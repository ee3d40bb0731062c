"""A second, derived file for analysts: Parquet, made of a verified file and compared with it.

It never permits a delete: readers return wrong rows of a damaged Parquet file without an error, unless they
are told to look at its page checksums (which this writes, and :func:`check` asks for), and it does not hold
every type. What it cannot hold is text there, and said so in the manifest. ``pip install '.[parquet]'``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pydb.archive import files
from pydb.archive.target import written
from pydb.errors import FileRefused, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydb.archive.manifest import Column, Manifest
    from pydb.archive.target import Target

ENDING: Final = ".parquet"
GROUP: Final = 50_000
_GROUP_BYTES: Final = 16 << 20
_PIECE: Final = 5_000
_PIECE_BYTES: Final = 1 << 20
"""Rows, and bytes of them, that are taken apart at once: as Python objects they need many times as much."""
_ESCAPES: Final = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)


class _Unfit(Exception):
    """A value that the type of its column does not hold."""

    def __init__(self, column: str) -> None:
        self.column = column


def derive(target: Target, known: Manifest) -> dict[str, str]:
    """Write the Parquet twin of a file, and compare it; what the manifest says of it."""
    arrow = require()
    text: set[str] = set()
    name = known.file.removesuffix(".copy.zst") + ENDING
    while True:
        types = [_type(arrow, column, text) for column in known.columns]
        try:
            _write(arrow, target, known, name, types)
            break
        except _Unfit as error:
            text.add(error.column)  # infinity, a date before our era, NaN: all of the column is text then
    twin = {
        "file": name,
        "format": "parquet",
        "sha256": files.checksum(target, name),
        "digest": known.digest,
        "writer": f"pyarrow {arrow.__version__}",
        "as_text": ", ".join(
            f"{column.name} ({column.type})"
            for column, kind in zip(known.columns, types, strict=True)
            if kind == arrow.string() and not _is_text(column.type)
        ),
    }
    check(target, known, twin)
    return twin


def check(target: Target, known: Manifest, twin: dict[str, str]) -> None:
    """Compare a twin with its file, value by value; :class:`~pydb.errors.FileRefused` if they differ."""
    arrow = require()
    from pyarrow import parquet

    try:
        with target.open(twin["file"]) as file:
            found = parquet.ParquetFile(file, page_checksum_verification=True)
            types = [field.type for field in found.schema_arrow]
            groups = iter(range(found.num_row_groups))
            for batch in _batches(arrow, target, known, types):
                if not _same(arrow, found.read_row_group(next(groups), use_threads=False), batch):
                    raise FileRefused(
                        f"{twin['file']} does not hold the rows of {known.file}", sqlstate="YD622"
                    )
            if next(groups, None) is not None:
                raise FileRefused(f"{twin['file']} holds more than {known.file}", sqlstate="YD622")
    except (arrow.ArrowException, OSError, StopIteration) as error:
        raise FileRefused(f"{twin['file']} is damaged", detail=str(error), sqlstate="YD622") from None


def require() -> Any:
    """The library, or :class:`~pydb.errors.UsageError` with the line that installs it."""
    try:
        import pyarrow as arrow
    except ImportError:
        raise UsageError(
            "Parquet needs pyarrow", hint="in pydb's source tree: pip install '.[parquet]'"
        ) from None
    return arrow


def _is_text(kind: str) -> bool:
    return kind == "text" or kind.startswith("character varying")


def _type(arrow: Any, column: Column, text: set[str]) -> Any:
    simple = {
        "boolean": arrow.bool_(),
        "smallint": arrow.int16(),
        "integer": arrow.int32(),
        "bigint": arrow.int64(),
        "real": arrow.float32(),
        "double precision": arrow.float64(),
        "bytea": arrow.binary(),
        "date": arrow.date32(),
    }
    if column.name in text:
        return arrow.string()
    if column.type in simple:
        return simple[column.type]
    if re.fullmatch(r"timestamp(\(\d\))? with time zone", column.type):
        return arrow.timestamp("us", "UTC")
    if re.fullmatch(r"timestamp(\(\d\))? without time zone", column.type):
        return arrow.timestamp("us")
    number = re.fullmatch(r"numeric\((\d+),(\d+)\)", column.type)
    if number and int(number[1]) <= 38:
        return arrow.decimal128(int(number[1]), int(number[2]))
    return arrow.string()


def _write(arrow: Any, target: Target, known: Manifest, name: str, types: list[Any]) -> None:
    from pyarrow import parquet

    schema = arrow.schema(
        [arrow.field(column.name, kind) for column, kind in zip(known.columns, types, strict=True)],
        metadata={"pydb.source": known.source, "pydb.digest": known.digest, "pydb.file": known.file},
    )
    with (
        written(target, name) as file,
        parquet.ParquetWriter(
            file, schema, compression="zstd", use_dictionary=False, write_page_checksum=True
        ) as writer,
    ):
        for batch in _batches(arrow, target, known, types):
            writer.write_table(batch.cast(schema), row_group_size=batch.num_rows)


def _batches(arrow: Any, target: Target, known: Manifest, types: list[Any]) -> Iterator[Any]:
    """The rows of each group."""
    pieces: list[Any] = []
    rows = size = 0
    for piece, length in _pieces(arrow, target, known, types):
        pieces.append(piece)
        rows += piece.num_rows
        size += length
        if rows >= GROUP or size >= _GROUP_BYTES:
            yield arrow.concat_tables(pieces).combine_chunks()
            pieces, rows, size = [], 0, 0
            arrow.default_memory_pool().release_unused()  # or what was freed stays with the process
    if pieces:
        yield arrow.concat_tables(pieces).combine_chunks()


def _pieces(arrow: Any, target: Target, known: Manifest, types: list[Any]) -> Iterator[tuple[Any, int]]:
    rows: list[list[bytes]] = []
    size = 0
    for line in _lines(target, known.file):
        rows.append(line.split(b"\t"))
        size += len(line)
        if len(rows) == _PIECE or size >= _PIECE_BYTES:
            yield _table(arrow, known, types, rows), size
            rows, size = [], 0
    if rows:
        yield _table(arrow, known, types, rows), size


def _lines(target: Target, name: str) -> Iterator[bytes]:
    rest = b""
    for piece in files.read(target, name):
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines


def _table(arrow: Any, known: Manifest, types: list[Any], rows: list[list[bytes]]) -> Any:
    arrays = []
    for column, kind, values in zip(known.columns, types, zip(*rows, strict=True), strict=True):
        try:
            arrays.append(_array(arrow, kind, [None if one == b"\\N" else _plain(one) for one in values]))
        except (arrow.ArrowException, ValueError, OverflowError):
            raise _Unfit(column.name) from None
    return arrow.table(arrays, names=[column.name for column in known.columns])


def _plain(value: bytes) -> bytes:
    return _ESCAPED.sub(lambda m: _ESCAPES.get(m[1], m[1]), value) if b"\\" in value else value


def _array(arrow: Any, kind: Any, values: list[bytes | None]) -> Any:
    if kind == arrow.binary():
        return arrow.array([None if one is None else bytes.fromhex(one[2:].decode()) for one in values], kind)
    if kind == arrow.bool_():
        return arrow.array([None if one is None else one == b"t" for one in values], kind)
    if kind in (arrow.float32(), arrow.float64()):
        return arrow.array([None if one is None else float(one) for one in values], kind)
    return arrow.array(values, arrow.binary()).cast(arrow.string()).cast(kind)


def _same(arrow: Any, one: Any, other: Any) -> bool:
    """Whether two tables hold the same values; NaN is the same as NaN."""
    if one.num_rows != other.num_rows or one.column_names != other.column_names:
        return False
    for left, right in zip(one.columns, other.columns, strict=True):
        first, second = left.combine_chunks(), right.combine_chunks()
        if first.type in (arrow.float32(), arrow.float64()):
            whole = arrow.int32() if first.type == arrow.float32() else arrow.int64()
            if first.is_null().equals(second.is_null()) and first.fill_null(0).view(whole).equals(
                second.fill_null(0).view(whole)
            ):
                continue
            return False
        if not first.equals(second):
            return False
    return True
