"""The header field that carries the key.

The draft draft-ietf-httpapi-idempotency-key-header makes it a string of RFC 8941: ``"8e03978e…"``, quoted.
Many clients send it bare; both forms of a text are one key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pydb.asgi.problem import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydb.asgi.types import Headers

_TEXT: Final = r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"'
_VALUE: Final = (
    rf"(?:{_TEXT}|\?[01]|:[A-Za-z0-9+/=]*:|[A-Za-z*][\w!#$%&'*+.^`|~:/-]*|-?\d{{1,15}}(?:\.\d{{1,3}})?)"
)
# a string may have parameters, which say nothing to us
_QUOTED: Final = re.compile(rf"{_TEXT}(?:; *[a-z*][a-z0-9_.*-]*(?:={_VALUE})?)*", re.ASCII)
# visible characters but for those that a list, a string or a parameter would need
_BARE: Final = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+")


def read_key(headers: Headers, names: Mapping[bytes, str], max_length: int) -> str | None:
    """Return the key of a request, or None if no header of one of these names came.

    ``names`` are the spellings by the names as they come in header lines, in lower case.

    Raises:
        Refused: a header came twice, two spellings disagree, or the value is malformed, empty or too long.
    """
    key = None
    seen: list[bytes] = []
    for field, value in headers:
        name = names.get(field)
        if name is None:
            continue
        if field in seen:
            times = sum(other == field for other, _ in headers)
            raise Refused("key-malformed", f"The header {name} came {times} times; send it once.")
        seen.append(field)
        other, key = key, _parse(name, value)
        if other is not None and other != key:
            raise Refused(
                "key-malformed", f"The headers {' and '.join(names.values())} name different keys; send one."
            )
    if key is not None and len(key) > max_length:
        raise Refused("key-too-long", f"The key has {len(key)} characters; {max_length} are allowed.")
    return key


def _parse(name: str, value: bytes) -> str:
    text = value.decode("latin-1").strip(" \t")
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        key = quoted[1]
        if "\\" in key:
            key = re.sub(r"\\(.)", r"\1", key)
    elif _BARE.fullmatch(text):
        key = text
    else:
        odd = next((c for c in text if not _BARE.fullmatch(c)), "")
        why = f"has {odd.encode('unicode_escape').decode()!r}" if odd else "is no string"
        raise Refused("key-malformed", f'The header {name} {why}: send {name}: "key", quoted, in ASCII.')
    if not key:
        raise Refused("key-malformed", f"The header {name} is empty.")
    return key
