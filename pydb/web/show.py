"""How pages write times, numbers and states."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Mapping

DASH: Final = "\N{EN DASH}"
_UNITS: Final = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_SIZES: Final = ("B", "kB", "MB", "GB", "TB", "PB")
# what a state means to whoever looks: words and marks, never a colour alone
TONES: Final[Mapping[str, str]] = {
    "ok": "good", "completed": "good", "through": "good", "approved": "good",
    "active": "calm", "running": "calm", "queued": "calm", "started": "calm", "catching_up": "calm",
    "degraded": "warn", "partial": "warn", "blocked": "warn", "skipped": "warn", "cancelled": "warn",
    "requested": "warn", "paused": "warn", "ended": "calm", "released": "calm", "disabled": "warn",
    "error": "bad", "failed": "bad", "interrupted": "bad", "never": "bad", "broken": "bad", "overdue": "bad",
    "unknown": "bad",
}  # fmt: skip
MARKS: Final[Mapping[str, str]] = {"good": "✓", "calm": "•", "warn": "!", "bad": "✕"}


def plain(value: object) -> object:
    """Text with what would not be seen, or would turn the rest around, written out; ``None`` as a dash."""
    if value is None:
        return DASH
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    if value.isprintable():
        return value
    return "".join(
        c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else _code(c)
        for c in value
    )


def _code(char: str) -> str:
    return f"\\u{ord(char):04x}"


def when(value: datetime | date | None) -> Markup:
    """A moment in UTC, to the second."""
    if value is None:
        return escape(DASH)
    if not isinstance(value, datetime):
        return Markup("<time>{}</time>").format(value.isoformat())
    if value in (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)):
        return Markup("infinity")
    moment = value.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"), moment.strftime("%Y-%m-%d %H:%M:%SZ")
    )


def ago(value: datetime | None, now: datetime | None = None) -> str:
    """How long ago, as ``3 min ago``, or how soon."""
    if value is None:
        return DASH
    seconds = ((now or datetime.now(UTC)) - value).total_seconds()
    return f"{span(seconds)} ago" if seconds >= 0 else f"in {span(-seconds)}"


def span(value: float | timedelta | None) -> str:
    """A length of time in its two largest units."""
    if value is None:
        return DASH
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    rest = round(seconds)
    parts: list[str] = []
    for size, unit in _UNITS:
        if rest >= size and len(parts) < 2:
            parts.append(f"{rest // size} {unit}")
            rest %= size
        elif parts:
            break
    return " ".join(parts)


def number(value: float | Decimal | None) -> str:
    """A number with separators; at most one digit behind the point."""
    if value is None:
        return DASH
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}".removesuffix(".0")


def rows(value: int | None) -> str:
    """A number of rows, with the word."""
    return f"{number(value)} row{'' if value == 1 else 's'}"


def size(value: float | None) -> str:
    """Bytes in the largest unit."""
    if value is None:
        return DASH
    rest = float(value)
    for unit in _SIZES:
        if rest < 1000 or unit == _SIZES[-1]:
            return f"{rest:.0f} {unit}" if unit == "B" else f"{rest:.1f} {unit}"
        rest /= 1000
    return ""


def share(value: float | Decimal | None) -> str:
    """A share of one in per cent."""
    return DASH if value is None else f"{float(value):.1%}"


def state(value: object) -> Markup:
    """A state with its mark."""
    word = str(value)
    tone = TONES.get(word, "calm")
    return Markup('<span class="state {}"><span aria-hidden="true">{}</span> {}</span>').format(
        tone, MARKS[tone], word.replace("_", " ")
    )


def command(value: str) -> Markup:
    """A command to copy: its own line, with a button where scripts run."""
    return Markup('<div class="command"><code>{}</code></div>').format(escape(str(plain(value))))


def jsonable(value: object) -> object:
    """What JSON cannot hold, as text; for ``json.dumps(default=…)``."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)
