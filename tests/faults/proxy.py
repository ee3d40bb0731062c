"""A proxy between client and server that cuts the line around one chosen request, and nowhere else."""

from __future__ import annotations

import contextlib
import ctypes
import shutil
import socket
import struct
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

Loss = Literal["answer", "request"]

_READY: Final = b"Z"


class Proxy:
    """Passes everything on, until `cut` names a request. Listens on a Unix socket of its own.

    ``cut("commit", lose="request")`` closes both ends in place of sending the next request with that word;
    ``lose="answer"`` sends it, waits until the server has answered and is ready again, and then closes both
    ends without a byte of the answer. ``after``: not before a request with that word has passed. Later
    connections pass.
    """

    def __init__(self, dsn: str) -> None:
        self._server = conninfo_to_dict(dsn)
        self._word = self._after = b""
        self._lose: Loss = "answer"
        self.cuts = 0

    def __enter__(self) -> Self:
        self._place = Path(tempfile.mkdtemp(prefix="pydb-proxy-"))
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._place / ".s.PGSQL.5432"))
        self._listener.listen()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        shutil.rmtree(self._place)

    @property
    def dsn(self) -> str:
        """Connection string through the proxy."""
        return make_conninfo("", **{**self._server, "host": str(self._place), "port": "5432"})

    def cut(self, word: str, *, lose: Loss, after: str = "") -> None:
        """Cut the line around the next request with this word in it, in any case of letters."""
        self._after = after.lower().encode()
        self._word, self._lose = word.lower().encode(), lose

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{self._server['host']}/.s.PGSQL.{self._server['port']}")
            line = _Line(self, client, server)
            for work in (line.forth, line.back):
                threading.Thread(target=work, daemon=True).start()

    def meant(self, message: bytes) -> Loss | None:
        """Whether this message is the one to cut at; it is so once."""
        if self._after:
            if self._after in message.lower():
                self._after = b""
        elif self._word and self._word in message.lower():
            self._word = b""
            self.cuts += 1
            return self._lose
        return None


class Deaf:
    """Passes everything on over TCP, until `drop`: from then on the line is half open.

    The kernel drops every packet for it (a socket filter that takes none), probes too, so nothing is
    acknowledged and nobody hangs up, as where a firewall has forgotten the line or a machine lost its power.
    """

    _NONE: Final = struct.pack("HBBI", 6, 0, 0, 0)  # "return 0": no byte of any packet

    def __init__(self, dsn: str) -> None:
        self._server = conninfo_to_dict(dsn)
        self._lines: list[tuple[socket.socket, socket.socket]] = []
        self._passing: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        for line in self._lines:
            for end in line:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        for thread in self._passing:
            thread.join()
        for line in self._lines:
            for end in line:
                end.close()

    @property
    def dsn(self) -> str:
        """Connection string through the proxy."""
        host, port = self._listener.getsockname()
        return make_conninfo("", **{**self._server, "host": host, "port": str(port)})

    def drop(self) -> None:
        """From now on no packet arrives, of any line, and no new one is made."""
        self._code = ctypes.create_string_buffer(self._NONE)
        program = struct.pack("HL", 1, ctypes.addressof(self._code))
        for end in (self._listener, *(client for client, _ in self._lines)):
            end.setsockopt(socket.SOL_SOCKET, 26, program)  # SO_ATTACH_FILTER

    def hang_up(self) -> None:
        """What the server finds out in the end: nobody is there."""
        for _, server in self._lines:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{self._server['host']}/.s.PGSQL.{self._server['port']}")
            self._lines.append((client, server))
            for whence, where in ((client, server), (server, client)):
                self._passing.append(threading.Thread(target=_pass_on, args=(whence, where), daemon=True))
                self._passing[-1].start()


def _pass_on(whence: socket.socket, where: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := whence.recv(65536):
            where.sendall(piece)
        where.shutdown(socket.SHUT_RDWR)


class _Line:
    """One client's connection."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._answer_lost = threading.Event()

    def forth(self) -> None:
        """From the client to the server, a message at a time; the first one has no type."""
        typed = False
        for message in _messages(self._client, typed_from_start=False):
            loss = self._proxy.meant(message) if typed and message[:1] in (b"Q", b"P") else None
            typed = True
            if loss == "request":
                break
            if loss == "answer":
                self._answer_lost.set()
            try:
                self._server.sendall(message)
            except OSError:
                break
        if not self._answer_lost.is_set():
            self._close()

    def back(self) -> None:
        """From the server to the client; once the answer is to be lost, only read until it is complete."""
        for message in _messages(self._server, typed_from_start=True):
            if self._answer_lost.is_set():
                if message[:1] == _READY:
                    break
                continue
            try:
                self._client.sendall(message)
            except OSError:
                break
        self._close()

    def _close(self) -> None:
        for end in (self._client, self._server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _messages(end: socket.socket, *, typed_from_start: bool) -> Iterator[bytes]:
    """The protocol's messages: a type of one byte (the client's first one has none), a length, a body."""
    head = 1 if typed_from_start else 0
    buffer = b""
    while True:
        while len(buffer) >= head + 4:
            size = head + int.from_bytes(buffer[head : head + 4], "big")
            if len(buffer) < size:
                break
            message, buffer = buffer[:size], buffer[size:]
            head = 1
            yield message
        try:
            more = end.recv(65536)
        except OSError:
            return
        if not more:
            return
        buffer += more
