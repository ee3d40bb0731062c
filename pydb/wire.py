"""Values as they go over the wire, in the binary format, whatever the settings; and lines of a COPY."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import generators, pq
from psycopg.adapt import Dumper, Loader
from psycopg.waiting import Wait

if TYPE_CHECKING:
    from psycopg.abc import PQGen

PIECE: Final = 1 << 18
"""Bytes of a COPY that are handed over at once, about."""


def adapt(
    conn: psycopg.Connection[tuple[object, ...]] | psycopg.AsyncConnection[tuple[object, ...]],
) -> None:
    """Make a connection read and send the types of pydb this way."""
    conn.adapters.register_loader("regclass", _OidBinaryLoader)
    conn.adapters.register_loader("interval", _IntervalBinaryLoader)
    conn.adapters.register_loader("timestamptz", _TimestamptzBinaryLoader)
    conn.adapters.register_dumper(SentTids, _SentTidsDumper)
    conn.adapters.register_dumper(SentXids, _SentXidsDumper)


def lines(pgconn: pq.abc.PGconn) -> PQGen[tuple[bytearray, bool]]:
    """Lines of a COPY, of ``PIECE`` bytes together if there are as many, and whether it is through."""
    found = bytearray()
    take = pgconn.get_copy_data
    while len(found) < PIECE:
        length, line = take(1)  # this loop is all that happens for each row
        if length > 0:
            found += line  # at once: a list of them, joined later, takes twice as long
        elif length == 0:
            yield Wait.R
            pgconn.consume_input()
        else:
            (*_, end) = yield from generators.fetch_many(pgconn)
            if end.status != pq.ExecStatus.COMMAND_OK:
                raise psycopg.errors.error_from_result(end)
            return found, True
    return found, False


_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class SentTids(bytes):
    """An array of places as ``array_send`` gave it: it goes back without being read."""


class SentXids(bytes):
    """An array of transaction ids, the same way."""


class _SentTidsDumper(Dumper):
    format = pq.Format.BINARY
    oid = 1010  # tid[]

    def dump(self, obj: bytes) -> bytes:
        return obj


class _SentXidsDumper(_SentTidsDumper):
    oid = 1011  # xid[]


class _OidBinaryLoader(Loader):
    """The oid of an object whose text form would depend on search_path."""

    format = pq.Format.BINARY

    def load(self, data: bytes | bytearray | memoryview) -> int:
        (oid,) = struct.unpack("!I", data)
        return int(oid)


class _TimestamptzBinaryLoader(Loader):
    """Microseconds since 2000-01-01 UTC."""

    format = pq.Format.BINARY

    def load(self, data: bytes | bytearray | memoryview) -> datetime:
        (micros,) = struct.unpack("!q", data)
        try:
            return _EPOCH + timedelta(microseconds=micros)
        except OverflowError:
            return (datetime.max if micros > 0 else datetime.min).replace(tzinfo=UTC)


class _IntervalBinaryLoader(Loader):
    """Microseconds, days, months: the text is the one of intervalstyle postgres."""

    format = pq.Format.BINARY

    def load(self, data: bytes | bytearray | memoryview) -> str:
        micros, days, months = struct.unpack("!qii", data)
        sign = -1 if months < 0 else 1
        years, mons = sign * (abs(months) // 12), sign * (abs(months) % 12)
        parts = [
            f"{count} {unit}{'' if count == 1 else 's'}"
            for count, unit in ((years, "year"), (mons, "mon"), (days, "day"))
            if count
        ]
        if micros or not parts:
            seconds, fraction = divmod(abs(micros), 1_000_000)
            clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
            if fraction:
                clock += f".{fraction:06}".rstrip("0")
            parts.append(f"-{clock}" if micros < 0 else clock)
        return " ".join(parts)
