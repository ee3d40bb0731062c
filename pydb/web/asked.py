"""What an address asks for: words, numbers, places in a list; or a sentence that says what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pydb.errors import UsageError
from pydb.web import facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

_MOST_ID: Final = 2**63 - 1


def text(request: Request, name: str) -> str:
    """A word to look for; :class:`~pydb.errors.UsageError` if it is too long, or no text."""
    text = request.query_params.get(name, "").strip()
    if len(text) > 200 or "\0" in text:
        raise UsageError(f"{name} is too long, or no text", hint=f"at most 200 characters in ?{name}=")
    return text


def words(request: Request, name: str, allowed: Sequence[str]) -> tuple[str, ...]:
    """Those of the allowed words that were asked for."""
    found = tuple(dict.fromkeys(text for text in request.query_params.getlist(name) if text))
    for text in found:
        if text not in allowed:
            raise UsageError(
                f"{name} cannot be {text[:40]!r}",
                detail=f"It is {', '.join(allowed)}.",
                hint=f"?{name}={allowed[0]}",
            )
    return found


def word(request: Request, name: str, allowed: Sequence[str]) -> str | None:
    """The first of the allowed words that was asked for."""
    found = words(request, name, allowed)
    return found[0] if found else None


def whole(request: Request, name: str) -> int | None:
    """A whole number; None for nothing."""
    text = request.query_params.get(name, "")
    return id_of(text) if text else None


def query(request: Request, names: Sequence[str]) -> dict[str, list[str]]:
    """What was asked for, to be shown in the form again."""
    return {name: [text for text in request.query_params.getlist(name) if text] for name in names}


def number_of(request: Request) -> int:
    """The number in an address."""
    return id_of(str(request.path_params["number"]))


def id_of(text: str) -> int:
    """An id out of text."""
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > _MOST_ID:
        raise UsageError(f"no number: {text[:40]!r}", hint="ids are whole numbers")
    return int(text)


def cursor(request: Request) -> tuple[datetime | None, int | None]:
    """After which run of a list: when it started, and its id."""
    text = request.query_params.get("after", "")
    if not text:
        return None, None
    at, _, number = text.partition("~")
    return facts.moment("after", at, datetime.now(UTC)), id_of(number)


def own_path(text: str | None) -> str:
    """A path of these pages to go on to; anything else is the page of health."""
    good = text is not None and text.startswith("/admin/") and text.isprintable() and "\\" not in text
    return text if good and text is not None else "/admin/system/health"


def night(now: datetime) -> dict[str, str]:
    """Last night: from 8 in the evening to 8 in the morning, UTC."""
    morning = now.replace(hour=8, minute=0, second=0, microsecond=0)
    evening = morning.timestamp() - 12 * 3600
    return {
        "since": datetime.fromtimestamp(evening, UTC).strftime("%Y-%m-%dT%H:%M"),
        "until": morning.strftime("%Y-%m-%dT%H:%M"),
    }
