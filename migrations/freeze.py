"""Write a revision: byte copies of the files under sql/ that differ from the revisions so far.

python migrations/freeze.py "what changes"   a new revision (make revision m="what changes")
python migrations/freeze.py --refreeze       write the newest one anew, while it is not committed;
                                             what was written by hand in it stays
"""

from __future__ import annotations

import argparse
import difflib
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from pydb import sources  # noqa: E402
from pydb.sources import DOWNGRADE, DROPPED, TABLES, UPGRADE, Revision  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKER = "-- freeze: write the statements, then delete this line and the difference below"
DESTROYS = "(name the data that is lost, or delete this line)"
HASHES = "frozen.sha256"
_HEAD = re.compile(r"^create or replace (?:function|procedure) .*?(?=^language )", re.MULTILINE | re.DOTALL)


class FreezeError(Exception):
    """The revision cannot be written; the text says why."""


def freeze(message: str, migrations: Path = HERE, sql: Path | None = None) -> Path:
    """Write the next revision and return its module."""
    line = sources.history(migrations)
    slug = re.sub(r"\W+", "_", message.lower()).strip("_")
    if not slug:
        raise FreezeError("a revision needs a message")
    module = migrations / "versions" / f"{len(line) + 1:04}_{slug}.py"
    _write(module, message, line, sql or migrations.parent / "sql", {})
    return module


def refreeze(migrations: Path = HERE, sql: Path | None = None, *, force: bool = False) -> Path:
    """Write the newest revision anew from sql/; its upgrade.sql and downgrade.sql stay as they are."""
    line = sources.history(migrations)
    if not line:
        raise FreezeError("there is no revision yet")
    newest = line[-1]
    if not force and _committed(newest.module):
        raise FreezeError(f"{newest.module.name} is committed: write a new revision (or --force it)")
    kept = {name: text for name in (UPGRADE, DOWNGRADE) if (text := newest.script(name))}
    _write(newest.module, newest.title, line[:-1], sql or migrations.parent / "sql", kept)
    return newest.module


def _write(
    module: Path, message: str, line: tuple[Revision, ...], sql: Path, kept: Mapping[str, str]
) -> None:
    migrations = module.parent.parent
    before = sources.overlay(line)
    now = {path.relative_to(sql).as_posix(): path for path in sources.load_order(sql)}
    changed = {n: p for n, p in now.items() if n not in before or p.read_bytes() != before[n].read_bytes()}
    dropped = sorted(before.keys() - now.keys())
    if not (changed or dropped):
        raise FreezeError("sql/ equals the newest revision: nothing to freeze")
    wanted = {name: path.read_bytes() for name, path in changed.items()}
    if dropped:
        wanted[DROPPED] = "".join(f"{name}\n" for name in dropped).encode()
    scripts = _scripts(before, now, changed, dropped) if line else {}
    wanted.update((name, text.encode()) for name, text in {**scripts, **kept}.items())
    _write_folder(module.with_suffix(""), wanted)
    _write_module(module, message, line[-1].revision if line else None, migrations)
    _write_hashes(migrations)


def _write_folder(folder: Path, wanted: Mapping[str, bytes]) -> None:
    """Make ``folder`` hold these files and no others; what is right already is not touched."""
    for name, content in wanted.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(folder).as_posix() not in wanted:
            path.unlink()


def _scripts(
    before: Mapping[str, Path], now: Mapping[str, Path], changed: Mapping[str, Path], dropped: list[str]
) -> dict[str, str]:
    """Beginnings of upgrade.sql and downgrade.sql: drops of changed signatures, and how tables differ."""
    origin = {
        new: old for old, new in sources.moved({name: before[name] for name in dropped}, changed).items()
    }
    earlier = {name: before.get(name) or before.get(origin.get(name, "")) for name in changed}
    drops = [
        statement
        for name in reversed(sources.ordered(changed))
        if (old := earlier[name]) and not name.endswith(TABLES) and _signature(old) != _signature(now[name])
        for statement in sources.drop_statements(old)
    ]
    tables = sorted(name for name in {*changed, *dropped} if name.endswith(TABLES))
    # a file of tables runs as it is where it is new; everything else about tables is written by hand
    known = sources.tables_known({name: now[name] for name in tables if name in now}, before)
    altered = [name for name in tables if name in before or name in known]
    up, down = list(drops), list(drops)
    if altered:
        up = [MARKER, *drops, *_difference(altered, before, now)]
    if tables:
        down = [f"-- destroys: {DESTROYS}", MARKER, *drops, *_difference(tables, now, before)]
    return {name: "\n".join(text) + "\n" for name, text in ((UPGRADE, up), (DOWNGRADE, down)) if text}


def _difference(names: list[str], old: Mapping[str, Path], new: Mapping[str, Path]) -> list[str]:
    lines = []
    for name in names:
        was, is_now = (
            side[name].read_text("utf-8").splitlines() if name in side else [] for side in (old, new)
        )
        lines += [f"-- {text}" for text in difflib.unified_diff(was, is_now, name, name, n=1, lineterm="")]
    return lines


def _signature(path: Path) -> str:
    """What create or replace cannot change: kind, name, arguments and result; nothing for a view."""
    head = _HEAD.search(path.read_text("utf-8"))
    return " ".join(head[0].split()) if head else ""


def _write_module(module: Path, message: str, down_revision: str | None, migrations: Path) -> None:
    from alembic.util import template_to_file

    template_to_file(
        str(migrations / "script.py.mako"),
        str(module),
        "utf-8",
        message=message,
        up_revision=module.stem[:4],
        down_revision=down_revision,
    )


def _write_hashes(migrations: Path) -> None:
    """Lines of the newest revision anew; those of the others are never touched."""
    newest = sources.history(migrations)[-1]
    path = migrations / HASHES
    old = path.read_text("utf-8").splitlines(keepends=True) if path.is_file() else []
    lines = [text for text in old if f"  versions/{newest.module.stem}" not in text]
    lines += [
        f"{sources.sha256(file)}  {file.relative_to(migrations).as_posix()}\n"
        for file in frozen_files(newest)
    ]
    path.write_text("".join(lines), "utf-8")


def frozen_files(revision: Revision) -> list[Path]:
    """The module and every file of the folder of ``revision``."""
    inside = (path for path in revision.folder.rglob("*") if path.is_file())
    return [revision.module, *sorted(inside)]


def _committed(module: Path) -> bool:
    known = subprocess.run(
        ["git", "-C", str(module.parent), "cat-file", "-e", f"HEAD:./{module.name}"],
        capture_output=True,
        check=False,
    )
    return known.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="freeze.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("message", nargs="?", help="what the revision changes, in a few words")
    parser.add_argument("--refreeze", action="store_true", help="write the newest revision anew from sql/")
    parser.add_argument("--force", action="store_true", help="with --refreeze: even if it is committed")
    args = parser.parse_args()
    try:
        if args.refreeze:
            module = refreeze(force=args.force)
        elif args.message:
            module = freeze(args.message)
        else:
            parser.error("a message is needed")
    except (FreezeError, ValueError) as error:
        sys.stderr.write(f"freeze: {error}\n")
        return 1
    sys.stdout.write(f"{module.relative_to(HERE.parent)}\n")
    for path in (module.with_suffix("") / name for name in (UPGRADE, DOWNGRADE)):
        if path.is_file() and MARKER in path.read_text("utf-8"):
            name = path.relative_to(HERE.parent)
            sys.stderr.write(f"write {name}, then: python migrations/freeze.py --refreeze\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
