"""JSON in and out: results that replay as they were, canonical text for fingerprints, keys out of values.

The canonical text is that of RFC 8785 (JCS): members sorted by their UTF-16 code units, no white space, the
shortest escapes, numbers as ECMAScript writes them, so ``1`` and ``1.0`` are one number, ``1`` and ``"1"``
are not, and ``1`` and ``true`` are not. One addition: integers beyond 2**53, which RFC 8785 leaves out, are
written digit by digit. Text is taken as it is: no Unicode normalisation.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from decimal import Decimal
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Final

from pydb import errors
from pydb.idempotency.outcomes import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    # a part of a value: its name or number in the part that holds it, and where that is; None = the value
    Place = tuple["Place", str | int] | None

_SCALARS: Final = "None, bool, int, float and str, and lists, tuples and dicts with str keys of such"
_ARRAYS: Final = (list, tuple)
_KEY_BYTES: Final = 255
_EXACT_DIGITS: Final = 400
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def canonical(value: object, *, exact: bool = False) -> bytes:
    """The RFC 8785 text of a JSON value, in UTF-8.

    Raises :class:`~pydb.errors.NotJson` for anything but None, bool, int, finite float, str, list, tuple and
    dict with str keys: a Decimal, a datetime, a UUID or bytes has no one form in JSON, so the caller chooses.
    ``exact``: a Decimal is taken, for a number of JSON text that no float is; it is written digit by digit.
    """
    pieces: list[str] = []
    try:
        _write(value, None, pieces.append, exact=exact)
        return "".join(pieces).encode()
    except UnicodeEncodeError as error:
        raise errors.NotJson("a text has a lone surrogate", detail=ascii(error.object[:80])) from None
    except RecursionError:
        raise errors.NotJson("the value is nested too deeply, or contains itself") from None


def fingerprint(payload: object, hmac_key: bytes | None = None) -> bytes:
    """SHA-256 of the :func:`canonical` payload, 32 bytes; with ``hmac_key`` HMAC-SHA-256.

    The plain hash of a payload with few possible values can be guessed by who may read the table; a keyed one
    cannot. Raises :class:`~pydb.errors.NotJson`.
    """
    return digest(canonical(payload), hmac_key)


def digest(data: bytes, hmac_key: bytes | None = None) -> bytes:
    """SHA-256 of bytes, or their HMAC-SHA-256: a fingerprint for payloads that are no JSON."""
    if hmac_key is None:
        return hashlib.sha256(data).digest()
    if not hmac_key:
        raise errors.UsageError("the HMAC key is empty", hint="pass None for a plain hash")
    return hmac.digest(hmac_key, data, "sha256")


def key_of(*parts: object) -> str:
    """A key out of JSON values: their canonical array, or its SHA-256 where that has more than 255 bytes.

    Different parts make different keys. 0 and False are values; if every part is None, empty text or an empty
    list, tuple or dict, there is no key and :class:`~pydb.errors.ClaimRefused` is raised.
    """
    if all(part is None or (isinstance(part, str | list | tuple | dict) and not part) for part in parts):
        raise errors.ClaimRefused(
            "there is nothing to make a key of",
            detail=f"The parts are {parts!r}.",
            hint="take the key from something that each request has: its Idempotency-Key, or an id",
        )
    text = canonical(parts)
    return text.decode() if len(text) <= _KEY_BYTES else f"sha256:{hashlib.sha256(text).hexdigest()}"


def dump(value: object) -> str | None:
    """The JSON text of a result or an error; None (SQL null) for :data:`NOTHING`.

    Raises :class:`~pydb.errors.NotJson` for what would not come back as it went: no JSON at all, NaN, keys
    that are not str, NUL characters, lone surrogates.
    """
    if value is NOTHING:
        return None
    if value is None or value is True or value is False:
        return "null" if value is None else str(value).lower()
    try:
        _check(value, None)
        text = _ENCODER.encode(value)
        if not text.isascii():
            text.encode()
    except UnicodeEncodeError as error:
        raise errors.NotJson("a text has a lone surrogate", detail=ascii(error.object[:80])) from None
    except RecursionError:
        raise errors.NotJson("the value is nested too deeply, or contains itself") from None
    except (TypeError, ValueError) as error:
        raise errors.NotJson("the value is no JSON", detail=str(error)) from None
    return text


def load(text: str | None) -> object:
    """The value of JSON text out of the database; :data:`NOTHING` for SQL null."""
    return NOTHING if text is None else json.loads(text)


def _check(value: object, place: Place) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise errors.NotJson(
                f"{_path(place)} has a NUL character", detail="PostgreSQL has no text with it."
            )
    elif isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str):
                raise _no_name(key, place)
            _check(key, place)
            _check(member, (place, key))
    elif isinstance(value, _ARRAYS):
        for index, member in enumerate(value):
            _check(member, (place, index))
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _no_number(value, place)
    elif value is not None and not isinstance(value, int):
        raise _foreign(value, place)


def _write(value: object, place: Place, put: Callable[[str], None], *, exact: bool) -> None:
    if isinstance(value, str):
        put(encode_basestring(value))
    elif isinstance(value, _ARRAYS):
        put("[")
        for index, member in enumerate(value):
            if index:
                put(",")
            _write(member, (place, index), put, exact=exact)
        put("]")
    elif isinstance(value, dict):
        put("{")
        for index, key in enumerate(_names(value, place)):
            put(f",{encode_basestring(key)}:" if index else f"{encode_basestring(key)}:")
            _write(value[key], (place, key), put, exact=exact)
        put("}")
    elif value is None:
        put("null")
    elif isinstance(value, bool):
        put("true" if value else "false")
    elif isinstance(value, int):
        put(int.__repr__(value))
    elif isinstance(value, float):
        put(_number(value, place))
    elif exact and isinstance(value, Decimal):
        put(_exact(value))
    else:
        raise _foreign(value, place)


def _names(value: dict[object, object], place: Place) -> list[str]:
    names: list[str] = []
    for key in value:
        if not isinstance(key, str):
            raise _no_name(key, place)
        names.append(key)
    names.sort(key=_utf16)
    return names


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


def _number(value: float, place: Place) -> str:
    """As ECMAScript's Number::toString: Python's shortest digits, placed by its rules."""
    if not math.isfinite(value):
        raise _no_number(value, place)
    if value == 0:
        return "0"
    mantissa, _, exponent = float.__repr__(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    # the number is 0.digits * 10 ** point
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    sign = "-" if value < 0 else ""
    if count <= point <= 21:
        return f"{sign}{digits}{'0' * (point - count)}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if count > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def _exact(value: Decimal) -> str:
    """All digits, as an integer where it is one, else times a power of ten; zeros at the end do not count."""
    sign, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    power = int(exponent) + len(text) - len(text.rstrip("0"))
    text = text.rstrip("0")
    head = "-" if sign else ""
    if power >= 0 and len(text) + power <= _EXACT_DIGITS:
        return f"{head}{text}{'0' * power}"
    return f"{head}{text}e{power}"


def _no_name(key: object, place: Place) -> errors.NotJson:
    return errors.NotJson(
        f"{_path(place)} has the key {key!r} of type {type(key).__name__}",
        hint="JSON has text keys only: use str",
    )


def _no_number(value: float, place: Place) -> errors.NotJson:
    return errors.NotJson(
        f"{_path(place)} is {float.__repr__(value)}", hint="JSON has no such number: send null"
    )


def _foreign(value: object, place: Place) -> errors.NotJson:
    return errors.NotJson(
        f"{_path(place)} is a {type(value).__name__}, which is no JSON value",
        detail=f"Allowed are {_SCALARS}.",
        hint="say how it is written: str(x), x.isoformat(), x.hex(), sorted(x)",
    )


def _path(place: Place) -> str:
    """A place as text: ``$`` is the value, ``$.a[0]`` the first item of its member a."""
    text = ""
    while place is not None:
        place, name = place
        text = f"[{name}]{text}" if isinstance(name, int) else f".{name}{text}"
    return f"${text}"
