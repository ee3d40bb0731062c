"""Child servers that never outlive us, run as an ordinary user when we are root.

Between us and the server stands one ``sh``. Its standard input is a pipe that only this process holds: as we
end (return, exception, SIGTERM, ``kill -9``), the kernel closes the pipe and the shell stops the server. A
session of its own keeps the terminal's Ctrl-C away from both.

Each server has a scratch directory for its socket, and for its data where these are temporary. It goes with
the server; what a crash of the machine or of the shell leaves is swept away by the next server.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import signal
    from collections.abc import Iterator, Mapping, Sequence

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - only directories from mkdtemp are used in it
_MEMORY_NEEDED: Final = 512 * 1024 * 1024

# $1 = log, $2 = directory to remove should we be gone at the end, rest = command. Descriptor 3 is the pipe.
# "keep" on the pipe lets the server live on; the end of the pipe without it means that the owner is dead.
_WATCH = """
exec 3<&0 </dev/null
log=$1 scratch=$2
shift 2
"$@" >>"$log" 2>&1 3<&- &
server=$!
echo "$server"
exec >/dev/null 2>&1
trap '' INT TERM HUP
{
    while read -r word; do
        [ "$word" = keep ] && : >"$scratch/orphan" && exit
    done
    : >"$scratch/orphan"
    kill -INT "$server"
} <&3 &
watch=$!
exec 3<&-
wait "$server"
status=$?
kill -9 "$watch"
[ -e "$scratch/orphan" ] && rm -rf -- "$scratch"
exit "$status"
"""


class ServerError(Exception):
    """A server could not be found, initialised, started or stopped; the text says why and what to do."""


@dataclass(frozen=True)
class Account:
    """The operating system's user that runs a server: ourselves, or an ordinary user when we are root."""

    name: str
    uid: int
    gid: int
    switch: bool

    @classmethod
    def for_servers(cls) -> Account:
        """Return ourselves, or ``nobody`` when we are root: PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            uid = os.geteuid()
            return cls(name=str(uid), uid=uid, gid=os.getegid(), switch=False)
        entry = pwd.getpwnam("nobody")
        return cls(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, switch=True)

    def own(self, path: Path) -> None:
        """Hand a file or directory that we have made to this account."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, path: Path) -> bool:
        """Tell whether this account reaches a directory; a closed parent directory keeps it out."""
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(path)]).returncode == 0

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command to its end as this account.

        Returns:
            The completed process; stdout holds both output streams.

        Raises:
            PermissionError: the account cannot reach the program.
        """
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env=environment(),
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return our environment without what would steer a server behind our back: PG*, locale, time zone."""
    steering = re.compile(r"PG|LC_|LANG$|LANGUAGE$|TZ$")
    kept = {name: value for name, value in os.environ.items() if not steering.match(name)}
    return {**kept, "LC_ALL": "C", "TZ": "UTC", **(extra or {})}


_running: weakref.WeakSet[Supervised] = weakref.WeakSet()


class Supervised:
    """One server process under the watch of the shell above.

    Args:
        command: program and arguments; it must stay in the foreground and end on SIGINT.
        log: file that its output is appended to, opened by the account.
        scratch: directory that the shell removes if we are gone when the server ends.
        account: who runs it.
        env: additions to the environment.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        scratch: Path,
        account: Account,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._owner = os.getpid()
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, "sh", str(log), str(scratch), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment(env),
            start_new_session=True,
            user=account.uid if account.switch else None,
            group=account.gid if account.switch else None,
            extra_groups=[] if account.switch else None,
        )
        assert self._shell.stdout is not None  # noqa: S101 - PIPE was asked for
        with self._shell.stdout as out:
            self.pid = int(out.readline())
        _running.add(self)

    @property
    def ours(self) -> bool:
        """False in a process that was forked off the one that started the server."""
        return os.getpid() == self._owner

    def poll(self) -> int | None:
        """Return the exit status of the server, or None while it runs."""
        return self._shell.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server itself; nothing happens if it is gone."""
        # the shell reaps the server, so the number can only be someone else's once the shell has ended
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, timeout: float) -> int:
        """Wait for the end of the server and return its exit status.

        Raises:
            subprocess.TimeoutExpired: it still runs after `timeout` seconds.
        """
        status = self._shell.wait(timeout)
        self._close_pipe()
        return status

    def detach(self) -> None:
        """Let the server live on after us; whoever wants it gone sends SIGINT to `pid`."""
        assert self._shell.stdin is not None  # noqa: S101 - PIPE was asked for
        self._shell.stdin.write(b"keep\n")
        self._close_pipe()
        self._shell.returncode = 0  # it is no child of ours any more: no reaping, no warning

    def _close_pipe(self) -> None:
        if self._shell.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._shell.stdin.close()
        _running.discard(self)


def _forget_in_child() -> None:
    """Close a forked child's copies of the pipes: they would keep the servers alive after our death."""
    for supervised in list(_running):
        supervised._close_pipe()


os.register_at_fork(after_in_child=_forget_in_child)


def read_lock(path: Path) -> list[str] | None:
    """Return the lines of a PostgreSQL lock file (0 = pid, 1 = data directory, 7 = status), if there."""
    try:
        lines = [line.strip() for line in path.read_text(errors="replace").splitlines()]
    except OSError:
        return None
    return lines if lines and lines[0].isdecimal() else None


def is_postmaster(pid: int, data_dir: Path) -> bool:
    """Tell whether a process is the server of a data directory; its number may be someone else's by now."""
    try:
        argv = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        if Path("/proc/self").exists():
            return False
        return _alive(pid)  # no /proc (macOS): PostgreSQL itself decides
    if Path(os.fsdecode(argv[0])).name not in ("postgres", "postmaster"):
        return False
    if b"-D" not in argv[:-1]:
        return True  # a server that names no directory: the safe answer
    return os.path.realpath(argv[argv.index(b"-D") + 1]) == os.fsencode(os.path.realpath(data_dir))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def make_scratch(account: Account, *, in_memory: bool) -> Path:
    """Make the private directory for the socket (and the data, if temporary); its path is short and plain.

    Raises:
        ServerError: no directory for temporary files serves.
    """
    for parent in _scratch_parents(in_memory=in_memory):
        # a socket's path may have 107 bytes (104 on macOS), and the setting takes no comma or quote
        plain = re.fullmatch(r"[\w./-]{1,60}", str(parent), re.ASCII)
        if plain and os.access(parent, os.W_OK) and account.can_enter(parent):
            _sweep(parent, account)
            scratch = Path(tempfile.mkdtemp(prefix="pydb-", dir=parent))
            (scratch / "owner").write_text(f"{os.getpid()} {_pid_namespace()}")
            account.own(scratch)
            return scratch
    raise ServerError(f"no short, writable directory for temporary files that {account.name} can reach")


def _scratch_parents(*, in_memory: bool) -> Iterator[Path]:
    if in_memory and _MEMORY.is_dir():
        room = os.statvfs(_MEMORY)
        if room.f_bavail * room.f_frsize >= _MEMORY_NEEDED:
            yield _MEMORY
    yield Path(tempfile.gettempdir())
    yield Path("/tmp")  # noqa: S108 - only directories from mkdtemp are used in it
    yield Path("/var/tmp")  # noqa: S108


def _pid_namespace() -> str:
    """Return the name of the namespace in which process ids mean what they mean to us; empty without one."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _sweep(parent: Path, account: Account) -> None:
    """Remove what killed processes left: directories of ours whose owner is dead and where no server runs.

    A container that shares the directory numbers its processes anew: what lives there looks dead here.
    """
    for scratch in parent.glob("pydb-*"):
        with contextlib.suppress(OSError, ValueError):
            if scratch.is_symlink() or scratch.stat().st_uid != account.uid:
                continue
            number, _, namespace = (scratch / "owner").read_text().partition(" ")
            if namespace != _pid_namespace() or _alive(int(number)):
                continue
            locks = [read_lock(lock) for lock in scratch.glob(".s.PGSQL.*.lock")]
            if not any(lock and is_postmaster(int(lock[0]), Path(lock[1])) for lock in locks):
                shutil.rmtree(scratch)
