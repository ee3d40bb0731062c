"""Policies as a TOML file: parse it, say line and key of what is wrong, apply it in one transaction.

A file has tables ``[policy.<name>]``. Keys are the arguments of ``pydb.retention_policy_set`` without ``p_``:
``table``, ``time_column`` and ``keep`` must be there, all others may. A policy has what the file says, and a
key that is left out takes its default, whatever the database held before.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn, cast

from pydb import db, policytext, retention, wording
from pydb.errors import DatabaseUnavailable, NotInstalled, PolicyFileError, PydbError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydb.db import Connection
    from pydb.retention import Policy, PolicyOptions

MAX_BYTES = policytext.MAX_BYTES
MAX_NAME_BYTES = 63
REQUIRED = ("table", "time_column", "keep")

_KEYS: dict[str, tuple[type, ...]] = {
    "table": (str,),
    "time_column": (str,),
    "keep": (str,),
    "time_unit": (str,),
    "filter": (str,),
    "action": (str,),
    "on_referenced": (str,),
    "strategy": (str,),
    "batch_target": (str,),
    "max_rows": (int,),
    "max_runtime": (str,),
    "rows_per_second": (int,),
    "fuse_rows": (int,),
    "fuse_share": (int, float),
    "schedule": (str,),
    "enabled": (bool,),
    "expiry": (bool,),
    "timezone": (str,),
    "expire_minus_infinity": (bool,),
    "expire_implausible": (bool,),
    "watermark_table": (str,),
    "watermark_column": (str,),
    "watermark_pick": (str,),
    "watermark_filter": (str,),
    "watermark_function": (str,),
    "partition": (str,),
    "partition_schema": (str,),
    "search_path": (list,),
    "partition_first": (str,),
    "windows": (list,),
    "max_wal": (int, str),
    "catch_up_after": (str,),
    "catch_up_windows": (list,),
    "catch_up_max_rows": (int,),
    "catch_up_max_runtime": (str,),
    "catch_up_max_wal": (int, str),
    "catch_up_rows_per_second": (int,),
    "keep_column": (str,),
    "keep_table": (str,),
    "keep_by": (list,),
    "keep_key": (list,),
    "keep_value": (str,),
    "keep_floor": (str,),
    "keep_last": (int,),
    "keep_last_by": (list,),
    "combine": (str,),
    "allow_short": (bool,),
}
_TYPE_NAMES = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    list: "a list of names",
}

_EXAMPLES = {
    "keep": '"30 days"',
    "batch_target": '"250 ms"',
    "max_runtime": '"30 min"',
    "schedule": '"15 3 * * *"',
    "fuse_share": "0.5",
    "search_path": '["app", "audit"]',
    "windows": '["nights"]',
    "keep_by": '["tenant_id"]',
    "keep_key": '["tenant_id"]',
    "keep_floor": '"30 days"',
    "keep_last_by": '["pipeline_id"]',
    "max_wal": '"1 GB"',
}
# The key that an error is about, where the error names none.
_BLAMED = {
    "YD003": "table",
    "YD004": "table",
    "YD005": "table",
    "YD006": "table",
    "YD015": "search_path",
    "YD101": "keep",
    "YD102": "time_column",
    "YD103": "filter",
    "YD118": "watermark_table",
    "YD120": "action",
    "YD121": "keep_table",
    "YD122": "keep_last",
    "YD822": "windows",
    "YD501": "schedule",
    **dict.fromkeys(("22007", "22008", "22015"), "keep"),
}

# Fields of a policy that a file decides, as the difference shows them.
_SHOWN = ("relation", *(key for key in _KEYS if key not in ("table", "allow_short")))


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``[policy.<name>]``: its keys as written, the line where it begins, and those of its keys."""

    name: str
    line: int
    keys: Mapping[str, object]
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A checked file; ``source`` is its path, or ``<stdin>``."""

    source: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What applying does to one policy: ``added``, ``changed``, ``unchanged`` or ``removed``.

    ``fields`` maps each field that differs to its value before and after.
    """

    name: str
    kind: str
    fields: Mapping[str, tuple[object, object]] = field(default_factory=dict)


def parse(data: bytes, source: str) -> PolicyFile:
    """Check a policy file. Raises :class:`~pydb.errors.PolicyFileError` with line and key."""
    text = policytext.decode(data, source)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        policytext.syntax_error(error, text, source)
    except RecursionError:
        raise PolicyFileError("values are nested too deeply", source=source) from None
    lines = policytext.key_lines(text)
    return PolicyFile(source, tuple(_entries(document, lines, source)))


def apply(conn: Connection, file: PolicyFile, *, prune: bool = False, dry_run: bool = False) -> list[Change]:
    """Make the policies of the database those of the file, in one transaction, and return the difference.

    ``prune`` also drops policies that the file does not name (never pydb's own). ``dry_run`` does the same
    and rolls back, so that the difference is the one the server sees. Nothing stays if anything is refused.
    """
    with db.transaction(conn, rollback=dry_run):
        before = {policy.name: policy for policy in retention.policies(conn)}
        if prune:  # first, so that a policy can be renamed: two on one table may be refused
            named = {entry.name for entry in file.entries}
            for policy in before.values():
                if policy.name not in named and not policy.builtin:
                    retention.policy_drop(conn, policy.name)
        for entry in file.entries:
            _set(conn, entry, file.source)
        after = {policy.name: policy for policy in retention.policies(conn)}
    return difference(before, after)


def _set(conn: Connection, entry: Entry, source: str) -> None:
    keys = dict(entry.keys)
    table, time_column, keep = (str(keys.pop(name)) for name in REQUIRED)
    try:
        retention.policy_set(conn, entry.name, table, time_column, keep, **cast("PolicyOptions", keys))
    except (DatabaseUnavailable, NotInstalled):
        raise
    except PydbError as error:
        key = _blamed(entry, error)
        line = entry.lines.get(key or "", entry.line)
        told = type(error)(error.message, detail=error.detail, hint=error.hint, sqlstate=error.sqlstate)
        wording.retell(told, wording.as_key, "key")
        if told.detail is None and key is not None:
            told.detail = f"{key} = {_literal(entry.keys[key])}"
        if key in _EXAMPLES and (told.hint is None or (told.sqlstate or "").startswith("22")):
            told.hint = f"write it as: {key} = {_EXAMPLES[key]}"
        what = told.message.removeprefix(f"policy {entry.name} ")
        told.message = f"{source}:{line}: policy {entry.name}: {what}"
        raise told from error


def _blamed(entry: Entry, error: PydbError) -> str | None:
    """The key that an error of the server is about, for its line; None if that cannot be said."""
    for text in (error.message, error.detail, error.hint):
        for name in re.findall(r"\bp_([a-z_]+)", text or ""):
            if name in entry.keys:
                return str(name)
    for name, value in entry.keys.items():
        if len(str(value)) > 1 and f'"{value}"' in error.message:
            return name
    key = _BLAMED.get(error.sqlstate or "")
    return key if key in entry.keys else None


def render(policies: Iterable[Policy]) -> str:
    """The policies as a file that makes the same again; defaults and pydb's own are left out."""
    parts = []
    for policy in policies:
        if policy.builtin:
            continue
        lines = [f"[policy.{_name(policy.name)}]", f"table = {_literal(policy.relation)}"]
        for key in _KEYS:
            if key in ("table", "allow_short"):
                continue
            value = getattr(policy, key)
            if key in REQUIRED or (value is not None and value != _defaults(policy).get(key)):
                lines.append(f"{key} = {_literal(value)}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _defaults(policy: Policy) -> dict[str, object]:
    unit = policy.time_unit if policy.time_unit not in ("s", "ms", "us") else None
    return {
        "action": "delete",
        "on_referenced": "skip",
        "strategy": "auto",
        "fuse_share": Decimal("0.5"),
        "enabled": True,
        "expiry": False,
        "timezone": "UTC",
        "expire_minus_infinity": False,
        "expire_implausible": False,
        "watermark_pick": "max",
        "partition": "drop",
        "time_unit": unit,
    }


def _name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _literal(name)


def _literal(value: object) -> str:
    """A value as TOML has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_literal(one) for one in value) + "]"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def difference(before: Mapping[str, Policy], after: Mapping[str, Policy]) -> list[Change]:
    """What differs between two states of the policies, each by its name."""
    changes = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        pairs = {key: (getattr(old, key, None), getattr(new, key, None)) for key in _SHOWN}
        fields = {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
        if old is not None and new is not None and (new.builtin and not fields):
            continue
        kind = "added" if old is None else "removed" if new is None else "changed" if fields else "unchanged"
        changes.append(Change(name, kind, fields))
    return changes


def _entries(
    document: Mapping[str, object], lines: Mapping[tuple[str, ...], int], source: str
) -> Iterator[Entry]:
    def fail(path: tuple[str, ...], message: str, hint: str | None = None) -> NoReturn:
        line = next((lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines), None)
        raise PolicyFileError(message, source=source, line=line, key=path[-1], hint=hint)

    for top, value in document.items():
        if top != "policy":
            fail((top,), f"unknown key {top}", "a policy begins with [policy.<name>]")
        if not isinstance(value, dict):
            fail((top,), "policy is not a table", "a policy begins with [policy.<name>]")
        for name, keys in cast("dict[str, object]", value).items():
            path = (top, name)
            if not name or len(name.encode()) > MAX_NAME_BYTES:
                fail(path, f"the name of a policy has 1 to {MAX_NAME_BYTES} bytes: {name or '(empty)'}")
            if "\0" in name:
                fail(path, "the name of a policy has a NUL character")
            if not isinstance(keys, dict):
                fail(path, f"policy.{name} is not a table", "a policy begins with [policy.<name>]")
            for key, setting in keys.items():
                problem = _problem(key, setting)
                if problem:
                    fail((*path, key), *problem)
            for key in REQUIRED:
                if key not in keys:
                    fail(path, f"policy {name} has no key {key}", f"add: {key} = …")
            at = {key: lines[*path, key] for key in keys if (*path, key) in lines}
            yield Entry(name, lines.get(path, 1), keys, at)


def _problem(key: str, value: object) -> tuple[str, str | None] | None:
    wanted = _KEYS.get(key)
    if wanted is None:
        near = difflib.get_close_matches(key, _KEYS, n=1)
        return f"unknown key {key}", f"did you mean {near[0]}?" if near else "known keys: " + ", ".join(_KEYS)
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        example = f"; write it as: {key} = {_EXAMPLES[key]}" if key in _EXAMPLES else ""
        return f"{key} must be {_TYPE_NAMES[wanted[-1]]}", f"it is {_literal(value)}"[:200] + example
    if isinstance(value, list) and not all(isinstance(one, str) and one for one in value):
        return f"{key} must be {_TYPE_NAMES[list]}", f"write it as: {key} = {_EXAMPLES[key]}"
    if "\0" in str(value):
        return f"{key} has a NUL character", None
    if key == "time_column" and len(str(value).encode()) > MAX_NAME_BYTES:
        return f"{key} is longer than {MAX_NAME_BYTES} bytes", "PostgreSQL would cut it to another name"
    return None
