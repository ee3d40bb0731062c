"""Rules about the rooms of sql/: what lies where, what may call what, and what its words mean."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from pydb import sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lint.sqltree import SqlFile, Tree

MOST_FILES: Final = 20
# which rooms a room may use beside core
MAY_USE: Final = {
    "core": frozenset[str](),
    "references": frozenset[str](),
    "holds": frozenset({"references", "cascade"}),  # a release tells which jobs go on
    "archive": frozenset({"references", "holds"}),
    "cascade": frozenset({"references", "holds", "archive", "orphans"}),  # copies in quarantine
    "retention": frozenset({"references", "holds", "cascade", "archive"}),
    "orphans": frozenset({"references", "holds"}),
    "idempotency": frozenset({"holds"}),
    "schedule": frozenset({"retention"}),
    "events": frozenset({"idempotency"}),  # claims that are stuck are told
    "telemetry": frozenset({"retention"}),  # its partitions go by policies
    "health": frozenset(sources.DOMAINS),
}
# a verb or ending means one thing in the whole house: (what it means, what a routine of that name must be)
WORDS: Final[dict[str, tuple[str, Callable[[SqlFile], bool]]]] = {
    r"_(is|has|sets)_": ("a question", lambda file: _returns(file, "boolean")),
    r"_get$": ("one, or an error", lambda file: "raise exception" in file.body),
    r"(?<!_is)_(condition|statement|command|query)s?$|_(source|match)$": (
        "SQL or a command as text",
        lambda file: _returns(file, r"text(\[\])?"),
    ),
    r"_problem$": (
        "why not, in words; null = nothing",
        lambda file: re.search("text|_warning", _head(file)) is not None,
    ),
    r"_warnings$": ("what to say of it", lambda file: _returns(file, r"(setof .*|table .*|\S+\[\])")),
    r"_check_": ("raises, or lets pass", lambda file: "raise" in file.body or "_check" in file.body),
    r"_vet$": (
        "checks what is to be stored, as whoever wants it",
        lambda file: not file.is_definer and (_returns(file, "jsonb") or _returns(file, "trigger")),
    ),
    r"_store$": ("writes a checked row, as the owner", lambda file: file.is_definer),
}
# words that had as many meanings as rooms: what each means now, and the routines that may bear it
ONLY: Final = {
    "walk": ("nothing any more: a closure, a run or its parts", frozenset[str]()),
    "look": ("the stop checks before a turn", frozenset({"run_look"})),
    "refuse": ("nothing any more: check", frozenset[str]()),
    "react": ("what a run does about an error", frozenset({"run_react"})),
    "advance": ("nothing any more", frozenset[str]()),
    "step": ("a row of a plan (steps)", frozenset[str]()),
    "note": ("nothing any more: a warning", frozenset[str]()),
    "notes": ("nothing any more: warnings", frozenset[str]()),
    "find": ("nothing any more: get", frozenset[str]()),
    "pause": ("to keep a policy from running", frozenset({"retention_pause"})),
    "rest": (
        "the sleep of a run between turns",
        frozenset({"run_rest"}),
    ),
    "settle": ("to end the claim of a scheduler", frozenset({"schedule_settle"})),
    "meet": ("a claim that met another", frozenset({"idempotency_meet"})),
}
# files that may hold these words, because they are what the words are for
COMMITTING: Final = frozenset({"run_drive"})
SLEEPING: Final = frozenset({"run_drive", "clock_wait"})


def _head(file: SqlFile) -> str:
    return file.text.partition("\nas $")[0]


def _returns(file: SqlFile, pattern: str) -> bool:
    return re.search(rf"^returns {pattern}$", _head(file), re.MULTILINE) is not None


def crowded(tree: Tree) -> Iterator[str]:
    """A folder is read at a glance."""
    folders = Counter(str(PurePosixPath(file.name).parent) for file in tree.files)
    for folder, count in folders.items():
        if count > MOST_FILES:
            yield f"{folder} has {count} files"


def arrows(tree: Tree) -> Iterator[str]:
    """Rooms use each other one way; core knows nobody."""
    room = {file.stem: PurePosixPath(file.name).parts[0] for file in tree.files if not file.is_tables}
    tables = {
        name.partition(".")[2]: PurePosixPath(file.name).parts[0]
        for file in tree.files
        if file.is_tables
        for name in sources.created_by(file.text)
    }
    for file in tree.files:
        own = PurePosixPath(file.name).parts[0]
        if file.is_tables:
            continue
        used = {other: room[other] for other in (file.calls | file.calls_of_view) & room.keys()}
        if not file.kinds:  # hooks are found by their names
            used |= {f"table {table}": tables[table] for table in _tables(file) & tables.keys()}
        for name, other in used.items():
            if other not in {own, "core"} | MAY_USE[own]:
                yield f"{file.name} uses {name} of {other}"


def _tables(file: SqlFile) -> set[str]:
    return {name.partition(".")[2] for name, _ in file.touches}


def words(tree: Tree) -> Iterator[str]:
    """A verb that means one thing everywhere is understood without opening the file."""
    for name, file in tree.routines.items():
        for pattern, (meaning, holds) in WORDS.items():
            if file.is_private and re.search(pattern, name) and not holds(file):
                yield f"{name}: {pattern} means {meaning}"
        for word in set(name.split("_")) & ONLY.keys():
            meaning, allowed = ONLY[word]
            if file.is_private and name not in allowed:
                yield f"{name}: {word} means {meaning}"


def engine(tree: Tree) -> Iterator[str]:
    """One loop commits, one place sleeps; and no state travels as a document."""
    for name, file in tree.routines.items():
        if file.is_private and file.commits and name not in COMMITTING:
            yield f"{name} commits"
        if "pg_sleep(" in file.body and name not in SLEEPING:
            yield f"{name} sleeps"
        if re.search(r"\b[pv]_(walk|state) (constant )?jsonb", file.text):
            yield f"{name} has a state as jsonb"


def hooks(tree: Tree) -> Iterator[str]:
    """A kind of runs is three hooks, found by their names: nothing else tells that one is missing."""
    if not tree.kinds:
        yield "there is no kind of runs"
    for kind in tree.kinds:
        wanted = {"open": r"p_parts pydb_internal\.run_part\[\]"} | dict.fromkeys(
            ("turn", "evade"), r"p_part pydb_internal\.run_part"
        )
        for hook, second in wanted.items():
            file = tree.routines.get(f"{kind}_{hook}")
            shape = rf"\(\s*p_run pydb_internal\.run_state,\s*{second}\s*\)\s*returns pydb_internal\.run_turn"
            if file is None:
                yield f"kind {kind} has no {kind}_{hook}"
            elif not file.is_private or not re.search(shape, _head(file)):
                yield f"{kind}_{hook} is not what the engine calls"
    for file in tree.files:
        if unknown := file.kinds - tree.kinds:
            yield f"{file.name} starts runs of kind {', '.join(sorted(unknown))}, which there is not"


RULES: Final = (crowded, arrows, words, engine, hooks)
