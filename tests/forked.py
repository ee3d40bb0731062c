"""Commands as processes of their own that need not import everything anew.

A server process imports the command line once and forks for each command: a real process with its own
arguments, environment, directory, files and exit code, in a tenth of the time.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import pty
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from functools import cache
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext
    from pathlib import Path

# all that it imports is built in: it is there in a hundredth of a second
_CLIENT: Final = """
import _socket, os, sys
server = _socket.socket(_socket.AF_UNIX)
server.connect("\\x00{address}")
words = [os.fsencode(word) for word in (os.getcwd(), str(len(sys.argv)), *sys.argv)]
asked = b"\\0".join([*words, *(b"%b=%b" % pair for pair in os.environb.items())])
files = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
sent = server.sendmsg([asked], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
server.sendall(asked[sent:])
server.shutdown(_socket.SHUT_WR)
sys.exit(int(server.recv(8) or 255))
"""

# read by the interpreter itself when it starts
_STARTING: Final = ("PYTHON", "LC_", "LANG")


def changes_the_interpreter(names: Sequence[str]) -> bool:
    """Whether one of these environment variables matters before a program's first line."""
    return any(name.startswith(_STARTING) for name in names)


def run(
    args: Sequence[str | bytes], *, stdin: bytes, env: Mapping[str, str], cwd: Path, timeout: float
) -> tuple[int, bytes, bytes]:
    """Run ``pydb`` with these arguments; its exit code, output and error output.

    Raises TimeoutError, after the process was killed.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        paths = [f"/proc/{os.getpid()}/fd/{file.fileno()}" for file in (given, out, err)]
        process = _context().Process(
            target=_child, args=([os.fsencode(arg) for arg in args], paths, dict(env), str(cwd))
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"pydb {args!r} took longer than {timeout} s")
        code = process.exitcode
        process.close()
        out.seek(0)
        err.seek(0)
        return code, out.read(), err.read()


def run_on_terminal(
    args: Sequence[str], *, answer: bytes, env: Mapping[str, str], cwd: Path, timeout: float
) -> tuple[int, bytes]:
    """As `run`, on a terminal at which ``answer`` is typed at once; its exit code and all that it shows."""
    ours, its = pty.openpty()
    try:
        words = [os.fsencode(arg) for arg in args]
        process = _context().Process(target=_on_terminal, args=(words, os.ttyname(its), dict(env), str(cwd)))
        process.start()
        os.write(ours, answer)
        shown, end = b"", time.monotonic() + timeout
        while (ready := wait([ours, process.sentinel], max(end - time.monotonic(), 0))) == [ours]:
            shown += os.read(ours, 65536)
        if not ready:
            process.kill()
        process.join()
        while select.select([ours], [], [], 0)[0]:
            shown += os.read(ours, 65536)
        code = process.exitcode
        process.close()
    finally:
        os.close(ours)
        os.close(its)
    if not ready or code is None:
        raise TimeoutError(f"pydb {args!r} took longer than {timeout} s")
    return code, shown


class Started:
    """A command that runs, with an empty standard input; it is asked and ended as a subprocess.Popen."""

    def __init__(self, args: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> None:
        (out, to_out), (err, to_err) = (multiprocessing.Pipe(duplex=False) for _ in range(2))
        self._process = _context().Process(
            target=_started, args=([os.fsencode(arg) for arg in args], to_out, to_err, dict(env), str(cwd))
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid
        self.returncode: int | None = None
        self.stdin = None
        pipes = []
        for reader, writer in ((out, to_out), (err, to_err)):
            writer.close()
            pipes.append(os.fdopen(os.dup(reader.fileno()), "rb"))
            reader.close()
        self.stdout, self.stderr = pipes

    def poll(self) -> int | None:
        """The exit status, or None while it runs."""
        if self.returncode is None:
            self.returncode = self._process.exitcode
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("pydb", timeout or 0)
        return code

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Wait for its end; all that it said and has not been read yet."""
        said: dict[int, bytes] = {pipe.fileno(): b"" for pipe in (self.stdout, self.stderr)}
        open_ones, until = list(said), time.monotonic() + (timeout or float("inf"))
        while open_ones:
            left = None if timeout is None else max(until - time.monotonic(), 0)
            ready, _, _ = select.select(open_ones, [], [], left)
            if not ready:
                raise subprocess.TimeoutExpired("pydb", timeout or 0)
            for pipe in ready:
                if part := os.read(pipe, 1 << 16):
                    said[pipe] += part
                else:
                    open_ones.remove(pipe)
        self.wait(None if timeout is None else max(until - time.monotonic(), 1))
        out, err = said.values()
        return out, err

    def send_signal(self, number: int) -> None:
        """Nothing happens if it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def install(path: Path) -> None:
    """Write a program that is ``pydb`` to whoever types it: it has the next command forked, on its own files.

    It lives as long as this process.
    """
    client = ["exec", sys.executable, "-ISE", "-c", _CLIENT.format(address=_address())]
    path.write_text(f'#!/bin/sh\n{shlex.join(client)} "$@"\n')
    path.chmod(0o755)


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.preloaded"])
    return context


@cache
def _address() -> str:
    """Name of an abstract socket at which a process waits for those programs."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(b"")  # the kernel chooses
    listener.listen()
    address = bytes(listener.getsockname())
    with listener:
        _context().Process(target=_serve, args=(listener,), daemon=True).start()
    return address.decode().removeprefix("\0")


def _serve(listener: socket.socket) -> None:
    """Fork for everyone who comes, until the process that started this one is gone."""
    owner = multiprocessing.parent_process()
    assert owner is not None
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while listener in wait([listener, owner.sentinel]):
        client, _ = listener.accept()
        with client:
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                _obey(client)


def _obey(client: socket.socket) -> NoReturn:
    """Run the command that the program asks for, and tell it the exit code."""
    message, files, _, _ = socket.recv_fds(client, 1 << 20, 3)
    while part := client.recv(1 << 20):
        message += part
    cwd, count, *words = message.split(b"\0")
    args, env = words[1 : int(count)], words[int(count) :]
    pairs = dict(os.fsdecode(pair).split("=", 1) for pair in env)
    code = _become(args, files, pairs, os.fsdecode(cwd))
    client.sendall(b"%d" % code)
    os._exit(code)


def _child(args: list[bytes], paths: list[str], env: dict[str, str], cwd: str) -> NoReturn:
    flags = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)
    files = [os.open(path, flag) for path, flag in zip(paths, flags, strict=True)]
    os._exit(_become(args, files, env, cwd))


def _on_terminal(args: list[bytes], terminal: str, env: dict[str, str], cwd: str) -> NoReturn:
    os.setsid()
    opened = os.open(terminal, os.O_RDWR)  # the first that such a process opens is its own
    os._exit(_become(args, [opened, os.dup(opened), os.dup(opened)], env, cwd))


def _started(args: list[bytes], out: Connection, err: Connection, env: dict[str, str], cwd: str) -> NoReturn:
    files = [os.open(os.devnull, os.O_RDONLY), os.dup(out.fileno()), os.dup(err.fileno())]
    out.close()
    err.close()
    os._exit(_become(args, files, env, cwd))


def _become(args: Sequence[bytes], files: Sequence[int], env: Mapping[str, str], cwd: str) -> int:
    """Be the command to its end; return its exit code."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin = io.TextIOWrapper(os.fdopen(0, "rb", closefd=False), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(
        os.fdopen(1, "wb", closefd=False), encoding="utf-8", line_buffering=os.isatty(1)
    )
    sys.stderr = io.TextIOWrapper(
        os.fdopen(2, "wb", closefd=False), encoding="utf-8", errors="backslashreplace", line_buffering=True
    )
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = ["pydb", *(os.fsdecode(arg) for arg in args)]
    from pydb.__main__ import main

    code: object = 0
    try:
        main()
    except SystemExit as error:
        code = error.code
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 0
