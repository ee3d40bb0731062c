"""What the tests of the Python package share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from pydb.idempotency import AsyncClaim, Claim, Replay

if TYPE_CHECKING:
    from types import TracebackType

    from pydb.idempotency import ReplayedFailure

E = TypeVar("E", bound=BaseException)


class BodyError(Exception):
    """What the work of a test raises."""


class Ends(Generic[E]):
    """Expect a block of several statements to end by an exception, which is in `value` then."""

    def __init__(self, kind: type[E]) -> None:
        self._kind = kind
        self.value: E

    def __enter__(self) -> Ends[E]:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        assert exc is not None, f"the block did not end by {self._kind.__name__}"
        if isinstance(exc, self._kind):
            self.value = exc
            return True
        return False


def claimed(outcome: Claim | Replay | ReplayedFailure) -> Claim:
    """The claim, if the key was acquired."""
    assert isinstance(outcome, Claim), outcome
    return outcome


def aclaimed(outcome: AsyncClaim | Replay | ReplayedFailure) -> AsyncClaim:
    """The async claim, if the key was acquired."""
    assert isinstance(outcome, AsyncClaim), outcome
    return outcome


def replayed(outcome: object) -> object:
    """The result, if one is replayed."""
    assert isinstance(outcome, Replay), outcome
    return outcome.result
