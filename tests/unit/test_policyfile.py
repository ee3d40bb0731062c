"""Policy files: what is refused, with which line and key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydb import policyfile
from pydb.errors import ExitCode, PolicyFileError

GOOD = b"""\
# what we keep
[policy.events_30d]
table = "telemetry.events"
time_column = 'at'
keep = "30 days"
filter = \"\"\"
kind = 'x' -- keep = "1 day"
\"\"\"
fuse_share = 1

[policy."with \\"quotes\\" and \\u00fc"]
table = "t"
time_column = "at"
keep = "1 mon"
enabled = false
max_rows = 10_000
"""


def refused(data: bytes) -> PolicyFileError:
    with pytest.raises(PolicyFileError) as caught:
        policyfile.parse(data, "p.toml")
    assert caught.value.exit_code == ExitCode.USAGE
    return caught.value


def entry(*lines: str, name: str = "p") -> bytes:
    return "\n".join(
        [f"[policy.{name}]", 'table = "t"', 'time_column = "at"', 'keep = "1 day"', *lines]
    ).encode()


def test_a_good_file_gives_its_policies_with_their_lines() -> None:
    file = policyfile.parse(GOOD, "p.toml")
    assert [(e.name, e.line) for e in file.entries] == [("events_30d", 2), ('with "quotes" and ü', 11)]
    assert file.entries[0].keys["fuse_share"] == 1
    assert file.entries[1].keys["max_rows"] == 10_000
    assert file.entries[1].keys["enabled"] is False


def test_an_empty_file_is_a_file_without_policies() -> None:
    assert policyfile.parse(b"", "p.toml").entries == ()


def test_an_unknown_key_is_refused_with_line_and_key() -> None:
    error = refused(GOOD.replace(b"fuse_share", b"fuse_shar"))
    assert (error.line, error.key) == (9, "fuse_shar")
    assert str(error).startswith("p.toml:9: unknown key fuse_shar")
    assert "fuse_share" in str(error.hint)


def test_an_unknown_table_is_refused_with_its_line() -> None:
    error = refused(GOOD + b"\n\n[polcy.x]\n")
    assert (error.line, error.key) == (GOOD.count(b"\n") + 3, "polcy")


@pytest.mark.parametrize(
    ("addition", "line"),
    [
        (b'keep = "2 days"\n', 5),
        (b'"keep" = "2 days"\n', 5),
        (b'\n[policy.p]\ntable = "t"\n', 6),
    ],
)
def test_a_duplicate_key_is_refused_with_its_second_line(addition: bytes, line: int) -> None:
    error = refused(entry() + b"\n" + addition)
    assert error.line == line
    assert "duplicate key" in error.message


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("max_rows = 1.5", "max_rows"),
        ("max_rows = true", "max_rows"),
        ('max_rows = "many"', "max_rows"),
        ("enabled = 1", "enabled"),
        ("max_runtime = 30", "max_runtime"),
        ("schedule = 2026-01-01", "schedule"),
        ("filter = ['a']", "filter"),
        ("fuse_share = '0.5'", "fuse_share"),
        ('filter = "a\\u0000b"', "filter"),
    ],
)
def test_a_value_of_a_wrong_type_is_refused_with_line_and_key(line: str, key: str) -> None:
    error = refused(entry("# comment", line))
    assert (error.line, error.key) == (6, key)


@pytest.mark.parametrize("key", ["table", "time_column", "keep"])
def test_a_missing_key_is_refused_with_the_line_of_its_policy(key: str) -> None:
    lines = [line for line in entry().splitlines() if not line.startswith(key.encode())]
    error = refused(b"\n".join([b"", *lines]))
    assert error.line == 2
    assert key in error.message


def test_a_byte_order_mark_is_refused() -> None:
    error = refused(b"\xef\xbb\xbf" + entry())
    assert error.line == 1
    assert "byte order mark" in error.message


def test_a_nul_byte_is_refused_with_its_line() -> None:
    error = refused(entry("# x\0y"))
    assert error.line == 5
    assert "NUL" in error.message


def test_bytes_that_are_not_utf8_are_refused_with_their_line() -> None:
    assert refused(entry("filter = 'x'").replace(b"'x'", b"'\xe4'")).line == 5


def test_a_large_file_is_refused_before_it_is_parsed() -> None:
    broken = b"= this would be a syntax error\n"
    error = refused(broken + b"#" * (10 * 1024 * 1024))
    assert error.line is None
    assert "too large" in error.message
    assert refused(broken + b"#" * (policyfile.MAX_BYTES - len(broken))).line == 1


def test_a_syntax_error_has_a_line() -> None:
    assert refused(entry("max_rows = ")).line == 5
    assert refused(entry('filter = """never closed')).line == 5


def test_deep_nesting_is_an_error_and_not_a_crash() -> None:
    assert "nested" in refused(b"x = " + b"[" * 100_000).message


@pytest.mark.parametrize("data", [b"policy = 1", b"[[policy]]", b"[policy]\nx = 1", b"[[policy.x]]"])
def test_what_is_no_table_of_policies_is_refused(data: bytes) -> None:
    assert refused(data).key in {"policy", "x"}


def test_names_are_bounded_in_bytes() -> None:
    policyfile.parse(entry(name='"' + "ü" * 31 + '"'), "p.toml")
    assert refused(entry(name='"' + "ü" * 32 + '"')).line == 1
    assert refused(entry(name='""')).line == 1
    assert refused(entry(name='"a\\u0000b"')).line == 1


def test_a_long_time_column_is_refused() -> None:
    error = refused(entry().replace(b'"at"', b'"' + b"a" * 64 + b'"'))
    assert (error.line, error.key) == (3, "time_column")


def test_inline_tables_and_dotted_keys_are_policies_too() -> None:
    text = b"""policy.a = { table = "t", time_column = "at", keep = "1 day" }
policy.b.table = "t"
policy.b.time_column = "at"
policy.b.keep = "1 day"
policy.b.wrong = 1
"""
    error = refused(text)
    assert (error.line, error.key) == (5, "wrong")
    assert [e.name for e in policyfile.parse(text.replace(b"policy.b.wrong = 1", b""), "p.toml").entries] == [
        "a",
        "b",
    ]


def test_brackets_and_quotes_in_values_do_not_mislead_the_line() -> None:
    tricky = (
        "filter = '''",
        ']] [policy.q] wrong = "',
        "''''",
        'schedule = """a\\"""b"""""',
        "time_unit = 's' # [policy.z]",
        "wrong = [",
        "  1, # ]",
        "]",
    )
    error = refused(entry(*tricky))
    assert (error.line, error.key) == (10, "wrong")


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    text = b"[policy.x]\n" + data
    found: list[PolicyFileError] = []
    try:
        assert policyfile.parse(text, "p.toml").entries
    except PolicyFileError as error:
        found.append(error)
    assert all(error.line is not None and 1 <= error.line <= text.count(b"\n") + 1 for error in found)


@given(st.text(min_size=1, max_size=20).filter(lambda name: "\0" not in name and len(name.encode()) <= 63))
def test_the_line_of_any_quoted_name_is_found(name: str) -> None:
    quoted = "".join(f"\\U{ord(c):08x}" for c in name)
    error = refused(b"# first\n" + entry("wrong = 1", name=f'"{quoted}"'))
    assert (error.line, error.key) == (6, "wrong")
