"""What this process counts: degraded answers by provider and reason, and calls that were left behind."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

_LOCK = threading.Lock()
_COUNTS: Counter[tuple[str, str]] = Counter()
_ABANDONED: Counter[str] = Counter()
_LEFT: Counter[str] = Counter()
_LATE: Counter[str] = Counter()


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Sync calls of a provider that timed out: ``left`` so far; ``running`` still; ``late`` have ended."""

    left: int
    running: int
    late: int


def counts() -> dict[tuple[str, str], int]:
    """Degraded answers of this process so far, by (provider, reason_code)."""
    with _LOCK:
        return dict(_COUNTS)


def abandoned(provider: str) -> Abandoned:
    """Calls of a provider that this process has left behind in their threads."""
    with _LOCK:
        return Abandoned(_LEFT[provider], _ABANDONED[provider], _LATE[provider])


def count(provider: str, reason_code: str) -> None:
    """Count a degraded answer."""
    with _LOCK:
        _COUNTS[provider, reason_code] += 1


def leave(provider: str) -> None:
    """Count a call that is left behind."""
    with _LOCK:
        _LEFT[provider] += 1
        _ABANDONED[provider] += 1


def ended(provider: str) -> None:
    """Count one of those that has ended by itself."""
    with _LOCK:
        _ABANDONED[provider] -= 1
        _LATE[provider] += 1
