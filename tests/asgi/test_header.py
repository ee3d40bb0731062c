"""The key out of the header: strings of RFC 8941, bare words, and what is refused."""

from __future__ import annotations

import pytest

from pydb.asgi import Config
from pydb.asgi.header import read_key
from pydb.asgi.problem import Refused

NAMES = Config().header_fields


def read(*values: bytes, also: bytes | None = None) -> str | None:
    headers = [(b"idempotency-key", value) for value in values]
    if also is not None:
        headers.append((b"x-idempotency-key", also))
    return read_key(headers, NAMES, 255)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b'"8e03978e-40d5-43e8-bc93-6894a57f9324"', "8e03978e-40d5-43e8-bc93-6894a57f9324"),
        (b"8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
        (b' "a" ', "a"),
        (rb'"a\"b\\c"', r'a"b\c'),
        (b'"a b, c; d"', "a b, c; d"),
        (b'"a";v=1', "a"),
        (b'"a"; v="x;y";flag;d=1.5;t=tok/en;b=:YQ==:;c=?0', "a"),
        (b"order:17/retry=1", "order:17/retry=1"),
        (b'"' + b"k" * 255 + b'"', "k" * 255),
    ],
)
def test_a_key_is_read(value: bytes, expected: str) -> None:
    assert read(value) == expected
    assert read(also=value) == expected


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"", "key-malformed"),
        (b'""', "key-malformed"),
        (b'"a', "key-malformed"),
        (b'a"', "key-malformed"),
        (b'"a" "b"', "key-malformed"),
        (b'"a", "b"', "key-malformed"),
        (b"a, b", "key-malformed"),
        (b"a b", "key-malformed"),
        (b"a;v=1", "key-malformed"),
        (b'"a";', "key-malformed"),
        (b'"a";V=1', "key-malformed"),
        (rb'"a\b"', "key-malformed"),
        (b'"a\tb"', "key-malformed"),
        (b'"a\x00b"', "key-malformed"),
        ("schlüssel".encode(), "key-malformed"),
        ('"schlüssel"'.encode(), "key-malformed"),
        (b"k" * 256, "key-too-long"),
    ],
)
def test_a_value_is_refused(value: bytes, name: str) -> None:
    with pytest.raises(Refused) as caught:
        read(value)
    assert caught.value.name == name


def test_no_header_is_no_key() -> None:
    assert read() is None


def test_a_repeated_header_is_refused_though_the_values_agree() -> None:
    with pytest.raises(Refused, match="came 2 times"):
        read(b"a", b"a")


def test_two_spellings_must_agree() -> None:
    assert read(b'"a"', also=b"a") == "a"
    with pytest.raises(Refused, match="different keys"):
        read(b"a", also=b"b")


def test_a_shorter_limit_holds() -> None:
    with pytest.raises(Refused) as caught:
        read_key([(b"idempotency-key", b"abcde")], NAMES, 4)
    assert caught.value.name == "key-too-long"
