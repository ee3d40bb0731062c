"""One classification of errors, for the database and for files: what is worth another try, and what is not.

=====================================  =========  ============================================================
SQLSTATE                               errno      Means
=====================================  =========  ============================================================
40001 40P01 55P03                      -          retryable: somebody was quicker, or holds a lock
57P03 53300 53400                      -          retryable: the server starts, or has no connection left
58000 (the file system was busy)       EAGAIN     retryable, as EBUSY, EINTR, ETIMEDOUT, ESTALE, ENOLCK,
                                                  EMFILE, ECONNRESET, ECONNABORTED, ENETUNREACH,
                                                  EHOSTUNREACH
53100 (disk full)                      ENOSPC     fatal, as EDQUOT, EFBIG
42501 (not allowed)                    EACCES     fatal, as EPERM, EROFS
58P01 (no such file)                   ENOENT     fatal, as ENOTDIR
58P02 (the file is there already)      EEXIST     fatal
58030 (input or output failed)         EIO        fatal, as every other errno
everything else                        -          fatal: it fails at once
=====================================  =========  ============================================================

A retryable error is tried again after a random time of up to 0.1 s, 0.2 s, 0.4 s …, at most
:data:`TRIES` times; how often is in the result.
"""

from __future__ import annotations

import errno
import random
import time
from typing import TYPE_CHECKING, Final, TypeVar

from pydb.errors import PydbError

if TYPE_CHECKING:
    from collections.abc import Callable

    T = TypeVar("T")

TRIES: Final = 5
RETRYABLE: Final = frozenset({"40001", "40P01", "55P03", "57P03", "53300", "53400", "58000"})
ERRNOS: Final = {
    **dict.fromkeys(
        (
            errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.ETIMEDOUT, errno.ESTALE, errno.ENOLCK, errno.EMFILE,
            errno.ECONNRESET, errno.ECONNABORTED, errno.ENETUNREACH, errno.EHOSTUNREACH,
        ),
        "58000",
    ),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "53100"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "42501"),
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR), "58P01"),
    errno.EEXIST: "58P02",
}  # fmt: skip


def sqlstate(error: BaseException) -> str:
    """The SQLSTATE that an error has, or that an error of a file stands for."""
    if isinstance(error, PydbError):
        return error.sqlstate or "58000"
    if isinstance(error, OSError):
        return ERRNOS.get(error.errno or 0, "58030")
    return "XX000"


def is_retryable(error: BaseException) -> bool:
    """True for an error that may be gone on the next try."""
    return isinstance(error, PydbError | OSError) and (
        sqlstate(error) in RETRYABLE and not (isinstance(error, PydbError) and error.sqlstate is None)
    )


def attempt(work: Callable[[], T], count: Callable[[], None], *, tries: int = TRIES) -> T:
    """Do ``work``, again where an error is retryable; ``count`` is called before each try."""
    for number in range(tries):
        count()
        try:
            return work()
        except (PydbError, OSError) as error:
            if number == tries - 1 or not is_retryable(error):
                raise
            time.sleep(random.uniform(0, 0.1 * 2**number))  # noqa: S311
    raise AssertionError("unreachable")
