"""Where files go: a directory, or a file system of fsspec.

A name appears when its file is whole and on the disk, never before; and what is there is never overwritten.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from pydb.errors import PydbError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

TEMPORARY: Final = ".tmp"
"""End of the names of files that are being written."""


class NoSpace(PydbError):
    """A place takes no more: the disk or a quota is full, or a file may not be that large (53100).

    ``needed``: bytes that the file would have, about; None where nobody knows.
    """

    def __init__(self, target: Target, name: str, number: int | None, needed: int | None = None) -> None:
        self.number = number
        free = None if number == errno.EFBIG else target.free()
        what, lacks = f"no space left in {target.place}", ""
        if number == errno.EFBIG:
            what, lacks = (
                f"too large a file for {target.place}",
                f": about {needed:,} bytes" if needed else "",
            )
        elif needed and free is not None:
            lacks = f": about {max(needed - free, 1):,} bytes are missing"
        told = [f"{name} would have about {needed:,} bytes" if needed else f"{name} did not fit"]
        if free is not None:
            told.append(f"{free:,} are free without it")
        super().__init__(
            what + lacks,
            detail=f"{'; '.join(told)}.",
            hint="make room there, or export to another place; its rows are still in the table",
            sqlstate="53100",
        )


class Target(Protocol):
    """A place for files, flat, by name."""

    @property
    def place(self) -> str:
        """The same place on the next run: an absolute path or a URL."""

    def create(self, name: str) -> BinaryIO:
        """A new temporary file for ``name``, to be written and given to :meth:`publish`."""

    def publish(self, file: BinaryIO, name: str, *, over: bool = False) -> None:
        """Close a file, make it durable, and give it its name; ``FileExistsError`` if that is taken.

        ``over``: it takes the place of the file of that name, which is ours.
        """

    def withdraw(self, name: str) -> None:
        """Give a file its temporary name again; nothing happens where it is gone."""

    def open(self, name: str) -> BinaryIO:
        """Read a file."""

    def names(self) -> list[str]:
        """All names, in order."""

    def size(self, name: str) -> int:
        """Bytes of a file."""

    def free(self) -> int | None:
        """Bytes that fit in, for this user; None where there is no such bound, or nobody says it."""

    def remove(self, name: str) -> None:
        """Remove a file; nothing happens where it is gone."""


class Directory:
    """A directory of this machine."""

    def __init__(self, path: str | Path, *, create: bool = False) -> None:
        self._path = Path(path).absolute()
        if create:
            self._path.mkdir(parents=True, exist_ok=True)
        if not self._path.is_dir():
            raise UsageError(f"{self._path} is not a directory", hint=f"mkdir -p {self._path}")

    @property
    def place(self) -> str:
        """The absolute path."""
        return str(self._path)

    def create(self, name: str) -> BinaryIO:
        """``open`` with ``O_EXCL``: two exporters never write one file."""
        return (self._path / (name + TEMPORARY)).open("xb")

    def publish(self, file: BinaryIO, name: str, *, over: bool = False) -> None:
        """Fsync, link under the new name (which fails where a rename overwrites), fsync of the directory."""
        with file:
            file.flush()
            os.fsync(file.fileno())
            if hasattr(os, "posix_fadvise"):  # what is read back comes from the disk where that is possible
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        temporary = self._path / (name + TEMPORARY)
        if over:
            temporary.rename(self._path / name)
            self._sync()
            return
        try:
            os.link(temporary, self._path / name)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if (self._path / name).exists():
                raise FileExistsError(17, "File exists", str(self._path / name)) from None
            temporary.rename(self._path / name)
        else:
            temporary.unlink()
        self._sync()

    def withdraw(self, name: str) -> None:
        """Rename, and fsync of the directory."""
        with suppress(FileNotFoundError):
            (self._path / name).rename(self._path / (name + TEMPORARY))
        self._sync()

    def open(self, name: str) -> BinaryIO:
        """Unbuffered: it is read in large pieces."""
        return (self._path / name).open("rb", buffering=0)

    def names(self) -> list[str]:
        """The files; what is below is not looked at."""
        return sorted(entry.name for entry in os.scandir(self._path) if entry.is_file())

    def size(self, name: str) -> int:
        """As stat says."""
        return (self._path / name).stat().st_size

    def free(self) -> int | None:
        """As statvfs says."""
        found = os.statvfs(self._path)
        return found.f_bavail * found.f_frsize

    def remove(self, name: str) -> None:
        """Unlink, and fsync of the directory."""
        (self._path / name).unlink(missing_ok=True)
        self._sync()

    def _sync(self) -> None:
        number = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


@contextmanager
def written(
    target: Target, name: str, *, over: bool = False, beside: Sequence[str] = ()
) -> Iterator[BinaryIO]:
    """A new file that gets its name at the end of the block, or is gone if that raises.

    ``over``: as :meth:`Target.publish`. ``beside``: what the block has made for it, which goes first then.
    """
    file = target.create(name)
    try:
        yield file
        target.publish(file, name, over=over)
    except BaseException as error:
        with suppress(OSError):  # what it still holds does not fit either
            file.close()
        for one in beside:
            target.remove(one)
        target.remove(name + TEMPORARY)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise NoSpace(target, name, error.errno) from error
        raise


def find(place: str, *, create: bool = False) -> Target:
    """The target that a path or URL (with ``://``) names."""
    if "://" in place:
        from pydb.archive.remote import Remote

        return Remote(place)
    return Directory(place, create=create)
