"""Where the SQL of pydb lies, in which order it is loaded, and what the frozen revisions make of it.

Everything here reads files only; nothing connects to a database. ``sql/`` is the living source. A revision
``migrations/versions/NNNN_slug.py`` stands beside a folder ``NNNN_slug/`` with byte copies of the files that
it added or changed; the folders up to a revision, laid over each other, are the sources at that revision.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# In the order in which their tables are made: nothing names what comes after it.
DOMAINS = (
    "core",
    "references",
    "holds",
    "archive",
    "cascade",
    "retention",
    "orphans",
    "idempotency",
    "schedule",
    "events",
    "telemetry",
    "health",
)
# The contract, and what nobody outside of pydb may count on.
SCHEMAS = ("pydb", "pydb_internal")
TABLES = "_tables.sql"

# Files of a revision's folder that are not copies of sources.
UPGRADE, DOWNGRADE, DROPPED = "upgrade.sql", "downgrade.sql", "DROPPED"

_TRIGGER = re.compile(
    r"^create (?:or replace )?trigger (\w+)\s[^;]*?\bon\s+(pydb(?:_internal)?\.\w+)", re.MULTILINE
)
_CREATED = re.compile(
    r"^create (?:or replace )?(?:unlogged )?(function|procedure|view|table|type|sequence)"
    r" (pydb(?:_internal)?\.\w+)",
    re.MULTILINE,
)
_ASSIGNED = re.compile(r'^(revision|down_revision)\s*(?::[^=]*)?=\s*(?:"([^"]*)"|None)\s*$', re.MULTILINE)


def package_dir() -> Path:
    """Folder of the package ``pydb`` itself."""
    return Path(__file__).resolve().parent


def _data_dir(name: str) -> Path:
    """``pydb/_name`` where a wheel was installed, else ``name`` of the checkout."""
    packaged = package_dir() / f"_{name}"
    return packaged if packaged.is_dir() else package_dir().parent / name


def sql_dir() -> Path:
    """Folder of the living SQL sources (``sql/``)."""
    return _data_dir("sql")


def migrations_dir() -> Path:
    """Folder of the alembic environment (``migrations/``)."""
    return _data_dir("migrations")


def load_order(root: Path | None = None) -> list[Path]:
    """All source files below ``root`` (default: :func:`sql_dir`) in the order in which they can be loaded.

    Tables first, in the order of the domains; then routines, then views, by domain and name, each after what
    the server resolves when it creates it (views and SQL-standard bodies). Load them with
    ``check_function_bodies = off``. Raises ValueError for a file in no known domain and for a circle.
    """
    root = root or sql_dir()
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*.sql")}
    return [found[name] for name in ordered(found)]


def ordered(files: Mapping[str, Path]) -> list[str]:
    """The names of ``files`` (path below ``sql/`` → file) in load order; reversed it is the drop order."""
    texts = {name: path.read_text("utf-8") for name, path in files.items()}
    by_object = {
        object_name: name
        for name, text in texts.items()
        if not name.endswith(TABLES)
        for object_name in created_by(text)
    }
    order: dict[str, None] = {}

    def place(name: str, waiting: tuple[str, ...]) -> None:
        if name in waiting:
            raise ValueError(f"these need each other: {', '.join(waiting)}")
        found = () if name.endswith(TABLES) else _needs(texts[name])
        for needed in sorted({by_object[object_name] for object_name in found if object_name in by_object}):
            if needed not in order and needed != name:
                place(needed, (*waiting, name))
        order[name] = None

    for name in sorted(texts, key=lambda name: _rank(name, texts[name])):
        if name not in order:
            place(name, ())
    return list(order)


def _needs(text: str) -> list[str]:
    """Objects of pydb that must be there when the file is loaded: what a view or a routine's head names.

    The body of a routine counts if it is SQL proper (``begin atomic``), not if it is a string.
    """
    code = re.sub(r"^\s*--.*$", "", text, flags=re.MULTILINE).partition("\ncomment on ")[0]
    return re.findall(r"\bpydb(?:_internal)?\.\w+", re.split(r"\bas \$", code, maxsplit=1)[0])


_VIEWS: Final = 2  # tables, routines, views


def _rank(name: str, text: str) -> tuple[int, int, str]:
    parts = name.split("/")
    if len(parts) not in (2, 3) or parts[0] not in DOMAINS:
        raise ValueError(f"{name}: not in one of the domains {', '.join(DOMAINS)}")
    if parts[-1] == TABLES:
        layer = 0
    else:
        layer = _VIEWS if re.search(r"^create (or replace )?view ", text, re.MULTILINE) else 1
    return layer, DOMAINS.index(parts[0]), parts[-1]


def created_by(text: str) -> list[str]:
    """Qualified names of the objects that a source creates, triggers and indexes left out."""
    return [name for _, name in _CREATED.findall(text)]


def created(files: Mapping[str, Path]) -> dict[str, str]:
    """The objects that ``files`` create: qualified name → path below ``sql/``."""
    return {
        object_name: name
        for name, path in files.items()
        for object_name in created_by(path.read_text("utf-8"))
    }


def moved(old: Mapping[str, Path], new: Mapping[str, Path]) -> dict[str, str]:
    """Files of ``old`` all of whose objects ``new`` creates in other files: old name → one of the new ones.

    A routine, view or table that only moved stays as it is in the database, with what users built on it.
    """
    if not old:
        return {}
    there = created(new)
    found = {}
    for name, path in old.items():
        objects = created_by(path.read_text("utf-8"))
        if name not in new and objects and all(object_name in there for object_name in objects):
            found[name] = there[objects[0]]
    return found


def resting_on(files: Mapping[str, Path], others: Mapping[str, Path]) -> list[str]:
    """The views among ``files`` that stand on what ``others`` create, those that others need last."""
    there = created(others).keys()
    texts = {name: path.read_text("utf-8") for name, path in files.items() if name not in others}
    return [
        name
        for name in reversed(ordered({name: files[name] for name in texts}))
        if _rank(name, texts[name])[0] == _VIEWS and not there.isdisjoint(_needs(texts[name]))
    ]


def tables_known(files: Mapping[str, Path], before: Mapping[str, Path]) -> frozenset[str]:
    """The files of tables among ``files`` that ``before`` has too: under that name, or some of their tables.

    Such a file is never run: what it changes is written by hand into a revision's upgrade or downgrade.
    """
    there = created({name: path for name, path in before.items() if name.endswith(TABLES)})
    return frozenset(
        name
        for name, path in files.items()
        if name.endswith(TABLES)
        and (name in before or any(object_name in there for object_name in created({name: path})))
    )


def drop_statements(path: Path) -> list[str]:
    """Statements that drop what a routine's or view's file creates, triggers first; always RESTRICT.

    No argument lists are needed: pydb has no overloads. Tables are not dropped here: that destroys data, and
    belongs into a revision's hand-written ``downgrade.sql``.
    """
    text = path.read_text("utf-8")
    drops = [f"drop trigger {name} on {table};" for name, table in _TRIGGER.findall(text)]
    found = _CREATED.search(text)
    if found is None or found[1] not in ("function", "procedure", "view"):
        raise ValueError(f"{path}: creates no routine or view of {' or '.join(SCHEMAS)}")
    drops.append(f"drop {'view' if found[1] == 'view' else 'routine'} {found[2]};")
    return drops


def sha256(path: Path) -> str:
    """SHA-256 of the file's bytes, 64 hex digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Revision:
    """One revision: ``revision`` is its id (``0001``), ``folder`` holds its frozen files."""

    revision: str
    down_revision: str | None
    slug: str
    title: str
    module: Path

    @cached_property
    def folder(self) -> Path:
        """Folder of frozen copies beside the module."""
        return self.module.with_suffix("")

    @cached_property
    def files(self) -> dict[str, Path]:
        """Frozen copies: path below ``sql/`` → file."""
        top = str(self.folder)
        # by strings: it is read at each migration, and paths take twice as long as the disk
        inside = (
            f"{where[len(top) + 1 :].replace(os.sep, '/')}/{name}"
            for where, _, names in os.walk(top)
            if where != top
            for name in names
            if name.endswith(".sql")
        )
        return {name: self.folder / name for name in sorted(inside, key=lambda name: name.split("/"))}

    @cached_property
    def dropped(self) -> tuple[str, ...]:
        """Names of sources that the revision removes."""
        listed = self.folder / DROPPED
        return tuple(listed.read_text("utf-8").split()) if listed.is_file() else ()

    def script(self, name: str) -> str:
        """Text of the hand-written ``upgrade.sql`` or ``downgrade.sql``; empty if there is none."""
        path = self.folder / name
        return path.read_text("utf-8") if path.is_file() else ""

    @property
    def destroys(self) -> str | None:
        """What the downgrade of this revision destroys, from the first line of its ``downgrade.sql``."""
        first = self.script(DOWNGRADE).partition("\n")[0]
        return first.removeprefix("-- destroys:").strip() if first.startswith("-- destroys:") else None


def history(migrations: Path | None = None) -> tuple[Revision, ...]:
    """All revisions, oldest first. Raises ValueError if they do not form one line."""
    found = {}
    for module in sorted(((migrations or migrations_dir()) / "versions").glob("*.py")):
        text = module.read_text("utf-8")
        ids = {name: value or None for name, value in _ASSIGNED.findall(text)}
        revision, down_revision = ids.get("revision"), ids.get("down_revision")
        if revision is None or down_revision in found:
            raise ValueError(f"{module}: revisions must form one line")
        title = text.partition('"""')[2].partition('"""')[0].strip()
        slug = module.stem.removeprefix(f"{revision}_")
        found[down_revision] = Revision(revision, down_revision, slug, title, module)
    line: list[Revision] = []
    while (step := found.pop(line[-1].revision if line else None, None)) is not None:
        line.append(step)
    if found:
        raise ValueError(f"{migrations or migrations_dir()}: revisions must form one line")
    return tuple(line)


def overlay(revisions: Iterable[Revision]) -> dict[str, Path]:
    """The sources after ``revisions`` (oldest first): path below ``sql/`` → newest frozen copy."""
    state: dict[str, Path] = {}
    for revision in revisions:
        for name in revision.dropped:
            state.pop(name, None)
        state.update(revision.files)
    return state


def up_to(revisions: Sequence[Revision], revision: str | None) -> tuple[Revision, ...]:
    """The part of ``revisions`` up to and with ``revision``; empty for None (base).

    Raises KeyError for a revision that is not among them.
    """
    if revision is None:
        return ()
    for count, known in enumerate(revisions, start=1):
        if known.revision == revision:
            return tuple(revisions[:count])
    raise KeyError(revision)


def hashes(files: Mapping[str, Path]) -> dict[str, str]:
    """Path below ``sql/`` → :func:`sha256`."""
    return {name: sha256(path) for name, path in files.items()}
