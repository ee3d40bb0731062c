"""zstd: of the standard library from Python 3.14 on, else its backport."""

from __future__ import annotations

import sys
from typing import Final

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEVEL: Final = 3
NAME: Final = f"zstd {zstd.zstd_version}, level {LEVEL}"
"""Another version or level may write other bytes for the same rows; the digest of the rows stays the same."""

Error = zstd.ZstdError
Decompressor = zstd.ZstdDecompressor


def compressor() -> zstd.ZstdCompressor:
    """One frame, with a checksum of its own."""
    return zstd.ZstdCompressor(
        options={
            zstd.CompressionParameter.compression_level: LEVEL,
            zstd.CompressionParameter.checksum_flag: 1,
        }
    )


def decompressor() -> zstd.ZstdDecompressor:
    """For one frame."""
    return zstd.ZstdDecompressor()


def pack(data: bytes) -> bytes:
    """For a while in memory."""
    return zstd.compress(data, level=1)


def unpack(data: bytes) -> bytes:
    """What :func:`pack` was given."""
    return zstd.decompress(data)
