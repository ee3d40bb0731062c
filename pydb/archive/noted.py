"""Which rows a file must have, as the server noted them in the snapshot that the file was read in."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pydb import db
from pydb.archive import compress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Noted:
    """The rows that a file must have, as the server noted them: places, versions, number, times."""

    def __init__(self) -> None:
        self.rows = 0
        self.oldest: object = None
        self.newest: object = None
        self._chunks: list[tuple[bytes, bytes]] = []

    def add(self, chunk: Mapping[str, object]) -> None:
        """Some of them, and the number and times of all; packed, so that memory stays flat."""
        self.rows = int(str(chunk["rows"]))
        self.oldest, self.newest = chunk["oldest"], chunk["newest"]
        tids, versions = chunk["tids"], chunk["versions"]
        if isinstance(tids, bytes) and isinstance(versions, bytes):
            self._chunks.append((compress.pack(tids), compress.pack(_once(versions))))

    def chunks(self) -> Iterator[tuple[db.SentTids, db.SentXids]]:
        """As they are given to the server again."""
        for tids, versions in self._chunks:
            yield db.SentTids(compress.unpack(tids)), db.SentXids(compress.unpack(versions))


def _once(versions: bytes) -> bytes:
    """An array that was sent, of one element if all of them are the same: as after a bulk load."""
    head, elements = versions[:12], versions[20:]
    one = elements[:8]
    is_same = elements == one * (len(elements) // 8)
    return head + struct.pack("!ii", 1, 1) + one if is_same else versions
