"""What a decorated function returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """``value`` of the function, or of the fallback where ``degraded``.

    ``reason_code`` and ``message`` say why; ``message`` names the provider and the reason and nothing of the
    error: it may be shown to a user.
    """

    value: T | None
    degraded: bool
    reason_code: str | None
    provider: str
    message: str | None = None
    attempts: int = 1
