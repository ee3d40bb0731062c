"""What every error of pydb is: what the server said, in three parts, and an exit code."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """Exit codes of the ``pydb`` command."""

    DONE = 0
    ATTENTION = 1
    FAILED = 2
    UNKNOWN = 3
    USAGE = 64
    UNAVAILABLE = 69
    NO_PRIVILEGE = 77
    INTERRUPTED = 130


class PydbError(Exception):
    """Base of all exceptions that pydb raises; by itself: the command failed (exit code 2)."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(
        self,
        message: str,
        *,
        detail: str | None = None,
        hint: str | None = None,
        sqlstate: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.hint = hint
        self.sqlstate = sqlstate

    def lines(self) -> list[str]:
        """The message, and where present the detail and the hint, one entry each."""
        lines = [self.message]
        if self.detail:
            lines.append(f"detail: {self.detail}")
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return lines

    def __str__(self) -> str:
        return "\n".join(self.lines())


class UsageError(PydbError):
    """The user asked for something that cannot be: wrong argument, refused definition."""

    exit_code = ExitCode.USAGE
