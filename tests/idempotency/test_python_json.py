"""Vectors 7 to 13: what makes one fingerprint, what makes a key, and what comes back as it went in."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydb import errors
from pydb.idempotency import NOTHING, canonical, digest, fingerprint, key_of
from pydb.idempotency.values import dump, load

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def test_c07_order_of_members_and_white_space_do_not_matter() -> None:
    first = json.loads('{"b": 1, "a": {"y": [1, 2], "x": null}}')
    second = json.loads('{"a":{"x":null,"y":[1,2]},"b":1}')
    assert fingerprint(first) == fingerprint(second)
    assert fingerprint({"a": (1, 2)}) == fingerprint({"a": [1, 2]})


def test_c08_what_differs_has_another_fingerprint() -> None:
    values: list[object] = [
        {"a": 1}, {"a": "1"}, {"a": True}, {"a": None}, {"a": [1, 2]}, {"a": [2, 1]}, {"a": {"b": 1}},
        {"a": {"b": 2}}, {}, [], "", 0, False, None, {"a": 1.5}, {"a": "é"}, {"a": "e\u0301"},
        2**53, 2**53 + 1, [1, [2]], [[1], 2], [[1, 2]], "[]", "null",
    ]  # fmt: skip
    assert len({fingerprint(value) for value in values}) == len(values)


def test_c09_the_payload_may_change_after_its_fingerprint() -> None:
    payload = {"items": [1, 2]}
    taken = fingerprint(payload)
    payload["items"].append(3)
    assert taken == fingerprint({"items": [1, 2]}) != fingerprint(payload)


def test_fingerprint_is_sha256_of_the_canonical_text_or_its_hmac() -> None:
    assert fingerprint({"b": 1, "a": 2}) == sha256(b'{"a":2,"b":1}').digest()
    keyed = fingerprint({"a": 1}, b"secret")
    assert len(keyed) == 32
    assert len({keyed, fingerprint({"a": 1}), fingerprint({"a": 1}, b"other")}) == 3
    assert digest(b'{"a":1}', b"secret") == keyed
    with pytest.raises(errors.UsageError, match="HMAC key is empty"):
        fingerprint({}, b"")


def test_canonical_text_is_that_of_rfc_8785() -> None:
    """The examples of its sections 3.2.2, 3.2.3."""
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert canonical(value).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    sorted_keys = list(json.loads(canonical(dict.fromkeys(keys, 0))))
    assert sorted_keys == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_rfc_8785_says(bits: str, text: str) -> None:
    """Its appendix B."""
    (number,) = struct.unpack("!d", bytes.fromhex(bits))
    assert canonical(number).decode() == text


def test_numbers_of_one_value_are_one_number() -> None:
    assert canonical([1, 1.0, -0.0, 1e2, 1e20]) == b"[1,1,0,100,100000000000000000000]"
    assert canonical(2**70 + 1) == str(2**70 + 1).encode()


@given(VALUES)
def test_canonical_text_reads_back_and_is_stable(value: object) -> None:
    text = canonical(value)
    # beyond 2**53 the digits are those that tell a double from its neighbours, not its own
    again = json.loads(text, parse_int=lambda digits: int(digits) if len(digits) < 16 else float(digits))
    assert again == value
    assert canonical(again) == text


@given(VALUES)
def test_results_read_back(value: object) -> None:
    assert load(dump(value)) == value


@dataclass
class Thing:
    name: str = "x"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, float("nan")]}, "$.a[1] is nan"),
        (float("inf"), "$ is inf"),
        ({"price": Decimal("1.10")}, "$.price is a Decimal"),
        ([datetime(2026, 1, 1, tzinfo=UTC)], "$[0] is a datetime"),
        ({"a": b"x"}, "$.a is a bytes"),
        ({"a": {1, 2}}, "$.a is a set"),
        (uuid4(), "$ is a UUID"),
        ({"a": Thing()}, "$.a is a Thing"),
        ({1: "x"}, "$ has the key 1 of type int"),
        ({"a": {None: 1}}, "$.a has the key None of type NoneType"),
        ({"a": "\ud800"}, "lone surrogate"),
        ({"\udfff": 1}, "lone surrogate"),
    ],
)
def test_what_is_no_json_is_refused_by_its_path(value: object, message: str) -> None:
    for function in (canonical, dump):
        with pytest.raises(errors.NotJson) as caught:
            function(value)
        assert message in caught.value.message


def test_nesting_without_end_is_refused() -> None:
    value: list[object] = []
    value.append(value)
    for function in (canonical, dump):
        with pytest.raises(errors.NotJson, match="nested too deeply"):
            function(value)


def test_postgresql_has_no_nul_in_results() -> None:
    with pytest.raises(errors.NotJson, match="NUL"):
        dump({"a": ["x\0y"]})
    with pytest.raises(errors.NotJson, match="NUL"):
        dump({"a\0": 1})
    assert canonical("\0") == b'"\\u0000"'


def test_c11_zero_and_false_are_values_and_emptiness_is_none() -> None:
    assert key_of(0) == "[0]"
    assert key_of(False) == "[false]"
    assert key_of("", 0) == '["",0]'
    assert key_of(None, "order", 7) == '[null,"order",7]'
    missing: list[tuple[object, ...]] = [
        (), ("",), ([],), ({},), (None,), (None, None), ("", None, []),
    ]  # fmt: skip
    for parts in missing:
        with pytest.raises(errors.ClaimRefused, match="nothing to make a key of") as caught:
            key_of(*parts)
        assert caught.value.hint


def test_c45_different_parts_are_different_keys() -> None:
    parts: list[tuple[object, ...]] = [
        ("a", "b:c"), ("a:b", "c"), ("a", "b", "c"), ("[1]",), (1,), ("1",), ([1],), (1, None), ("a" * 300,),
        ("a" * 301,),
    ]  # fmt: skip
    keys = {key_of(*each) for each in parts}
    assert len(keys) == len(parts)
    assert all(1 <= len(key.encode()) <= 255 for key in keys)
    assert key_of("ü" * 200).startswith("sha256:")


def test_nothing_is_not_null() -> None:
    assert dump(NOTHING) is None
    assert dump(None) == "null"
    assert load(None) is NOTHING
    assert load("null") is None
    assert not NOTHING
    assert repr(NOTHING) == "NOTHING"
