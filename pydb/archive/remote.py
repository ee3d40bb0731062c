"""Files on what fsspec knows (``memory://``, ``file://``, ``s3://`` …): ``pip install '.[fsspec]'``."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any, cast

from pydb.archive.target import TEMPORARY
from pydb.errors import UsageError

if TYPE_CHECKING:
    from typing import BinaryIO


class Remote:
    """A folder of a file system of fsspec."""

    def __init__(self, url: str) -> None:
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise UsageError(
                f"{url} needs fsspec", hint="in pydb's source tree: pip install '.[fsspec]'"
            ) from None
        try:
            found = url_to_fs(url, use_listings_cache=False)
        except (ValueError, ImportError) as error:
            raise UsageError(f"{url} cannot be used", detail=str(error)) from None
        self._url = url.rstrip("/")
        self._system: Any = found[0]
        self._path = str(found[1]).rstrip("/")
        self._system.makedirs(self._path, exist_ok=True)

    @property
    def place(self) -> str:
        """The URL."""
        return self._url

    def create(self, name: str) -> BinaryIO:
        """A file with its temporary name."""
        return cast("BinaryIO", self._system.open(self._of(name + TEMPORARY), "wb"))

    def publish(self, file: BinaryIO, name: str, *, over: bool = False) -> None:
        """Close, then move: what is durable is the service's promise; what is there is read back anyhow."""
        file.close()
        if not over and self._system.exists(self._of(name)):
            raise FileExistsError(17, "File exists", name)
        self._system.mv(self._of(name + TEMPORARY), self._of(name))

    def withdraw(self, name: str) -> None:
        """Move."""
        if self._system.exists(self._of(name)):
            self._system.mv(self._of(name), self._of(name + TEMPORARY))

    def open(self, name: str) -> BinaryIO:
        """Read a file."""
        return cast("BinaryIO", self._system.open(self._of(name), "rb"))

    def names(self) -> list[str]:
        """The files of the folder."""
        found = self._system.ls(self._path, detail=True, refresh=True)
        return sorted(posixpath.basename(one["name"]) for one in found if one["type"] == "file")

    def size(self, name: str) -> int:
        """As the service says."""
        return int(self._system.size(self._of(name)))

    def free(self) -> int | None:
        """A service has no end."""
        return None

    def remove(self, name: str) -> None:
        """Remove a file; nothing happens where it is gone."""
        if self._system.exists(self._of(name)):
            self._system.rm_file(self._of(name))

    def _of(self, name: str) -> str:
        return f"{self._path}/{name}"
