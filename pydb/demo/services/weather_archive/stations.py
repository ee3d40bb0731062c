"""A weather service on this machine that misbehaves on purpose, and knows how often it did.

``GET /<station>/<year>.csv`` answers with a year of hourly records, compressed on the wire. Each file has a
list of faults; the first requests for it meet them, one each, and those after them get the file.
"""

from __future__ import annotations

import gzip
import math
import socket
import struct
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

File = tuple[str, int]
"""A station and a year."""

HOURS: Final = 8760
RETRY_AFTER: Final = 0.2
"""Seconds that an answer 429 asks for."""
FAULTS: Final = ("429", "500", "503", "reset", "short", "stall")
"""Too many requests, two errors of the server, a connection reset, a body cut off, silence."""
UNKNOWN: Final = "atlantis"
"""A station that the service does not know: 404."""
DAMAGED: Final = "mordor"
"""A station whose data has a word in it where a number must be."""
DOWN: Final = "laputa"
"""A station for which the service is always down: 503, however often it is asked."""


@cache
def text(station: str, year: int) -> bytes:
    """The records of a year: time, degrees, per cent of humidity, hectopascal, metres a second."""
    seed = sum(station.encode()) * 31 + year
    lines = []
    for day in range(HOURS // 24):
        date = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day)
        stamp, season = f"{date:%Y-%m-%dT}", 11 - 9 * math.cos(2 * math.pi * 24 * day / HOURS)
        for hour in range(24):
            noise = ((day * 24 + hour) * 7919 + seed * 104729) % 1009
            lines.append(
                f"{stamp}{hour:02}:00Z,{season + noise / 126:.1f},{40 + noise % 60},"
                f"{985 + noise * 13 % 601 / 10:.1f},{noise * 17 % 251 / 10:.1f}\n"
            )
    if station == DAMAGED:
        lines[4000] = lines[4000].replace(",", ",warm,", 1)
    return "".join(lines).encode()


@cache
def packed(station: str, year: int) -> bytes:
    """The same as it goes over the wire."""
    return gzip.compress(text(station, year), 1, mtime=0)


class Service(ThreadingHTTPServer):
    """The service; ``met`` counts the faults that were met, ``asked`` the requests for each file."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, faults: Mapping[File, tuple[str, ...]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._faults = {file: list(those) for file, those in faults.items()}
        self._lock = threading.Lock()
        self.met: Counter[str] = Counter()
        self.asked: Counter[File] = Counter()
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def next_fault(self, file: File) -> str | None:
        """The fault that this request meets."""
        with self._lock:
            self.asked[file] += 1
            waiting = self._faults.get(file)
            fault = "503" if file[0] == DOWN else waiting.pop(0) if waiting else None
            if fault is not None:
                self.met[fault] += 1
            return fault

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up after a time-out is no error of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def serving(faults: Mapping[File, tuple[str, ...]]) -> Iterator[Service]:
    """The service while the block runs, in threads of this process."""
    with Service(faults) as service:
        thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield service
        finally:
            service.ended.set()
            service.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Service
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer, or do what is next in the list of faults."""
        station, _, name = self.path.strip("/").partition("/")
        file = station, int(name.removesuffix(".csv"))
        fault = self.server.next_fault(file)
        if station == UNKNOWN:
            self._send(404, b"no such station\n")
        elif fault in ("429", "500", "503"):
            self._send(int(fault), b"not now\n")
        elif fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif fault == "stall":
            self.server.ended.wait(30)
            self.close_connection = True
        else:
            self._send(200, packed(*file), cut=fault == "short")

    def _send(self, status: int, body: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 200:
            self.send_header("Content-Type", "text/csv")
            self.send_header("Content-Encoding", "gzip")
        if status == 429:
            self.send_header("Retry-After", str(RETRY_AFTER))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def finish(self) -> None:
        """A connection that was reset has nothing to flush."""
        if self.connection.fileno() >= 0:
            super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it has there
        """It is counted, not logged."""
