"""The files themselves: no database."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from migrations import freeze
from pydb import sources

if TYPE_CHECKING:
    from tests.migrations.tree import Tree

HISTORY = sources.history()


def test_the_folders_laid_over_each_other_equal_the_sources() -> None:
    overlay = sources.overlay(HISTORY)
    living = {path.relative_to(sources.sql_dir()).as_posix(): path for path in sources.load_order()}
    assert sorted(overlay) == sorted(living), "forgotten: make revision m=…"
    differing = [name for name, path in living.items() if path.read_bytes() != overlay[name].read_bytes()]
    assert differing == [], "forgotten: make revision m=…"


def test_every_frozen_file_is_as_it_was_when_it_was_frozen() -> None:
    root = sources.migrations_dir()
    recorded = [text.split("  ", 1) for text in (root / "frozen.sha256").read_text("utf-8").splitlines()]
    present = {
        path.relative_to(root).as_posix(): sources.sha256(path)
        for revision in HISTORY
        for path in freeze.frozen_files(revision)
    }
    assert {name: digest for digest, name in recorded} == present
    assert len(recorded) == len(present)


def test_hashes_of_earlier_revisions_are_never_rewritten(tree: Tree) -> None:
    before = (tree.migrations / "frozen.sha256").read_text("utf-8")
    tree.routine("first")
    tree.freeze()
    tree.routine("second")
    tree.freeze("another")
    assert (tree.migrations / "frozen.sha256").read_text("utf-8").startswith(before)


def test_no_revision_is_left_unfinished() -> None:
    assert HISTORY
    unfinished = [
        path.as_posix()
        for revision in HISTORY
        for path in revision.folder.glob("*.sql")
        if freeze.MARKER in (text := path.read_text("utf-8")) or freeze.DESTROYS in text
    ]
    assert unfinished == []


def test_alembic_sees_the_same_line_of_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(sources.migrations_dir()))
    config.set_main_option("path_separator", "newline")
    script = ScriptDirectory.from_config(config)
    walked = [item.revision for item in script.walk_revisions()]
    assert walked == [item.revision for item in reversed(HISTORY)]
    assert [item.revision for item in HISTORY] == [f"{n:04}" for n in range(1, len(HISTORY) + 1)]


def test_two_revisions_after_one_are_refused(tree: Tree) -> None:
    tree.routine("first")
    module = tree.freeze().with_suffix(".py")
    number = module.stem[:4]
    twin = f"{int(number) + 1:04}"
    text = module.read_text("utf-8").replace(f'"{number}"', f'"{twin}"')
    module.with_name(f"{twin}_twin.py").write_text(text, "utf-8")
    with pytest.raises(ValueError, match="one line"):
        sources.history(tree.migrations)


def test_sources_have_no_tabs_and_end_in_a_newline() -> None:
    for path in sources.load_order():
        content = path.read_bytes()
        assert b"\t" not in content, path
        assert b"\r" not in content, path
        assert content.endswith(b"\n"), path


def test_load_order_is_tables_then_routines_then_views() -> None:
    views = [
        re.search(r"^create or replace view", path.read_text("utf-8"), re.MULTILINE) is not None
        for path in sources.load_order()
    ]
    assert views == sorted(views)
    are_tables = [path.name == sources.TABLES for path in sources.load_order()]
    assert are_tables == sorted(are_tables, reverse=True)
    tables = [path.parent.name for path in sources.load_order() if path.name == sources.TABLES]
    assert tables == sorted(tables, key=sources.DOMAINS.index)


def test_what_a_routine_of_sql_proper_names_comes_first(tree: Tree) -> None:
    caller = tree.sql / "core" / "_aa.sql"
    caller.write_text(
        "create or replace function pydb._aa() returns int language sql\n"
        "begin atomic\n    select pydb._zz();\nend;\n"
    )
    tree.routine("_zz")
    names = [path.stem for path in sources.load_order(tree.sql)]
    assert names.index("_zz") < names.index("_aa")


def test_a_circle_of_such_routines_is_refused(tree: Tree) -> None:
    for name, other in (("_aa", "_zz"), ("_zz", "_aa")):
        (tree.sql / "core" / f"{name}.sql").write_text(
            f"create or replace function pydb.{name}() returns int begin atomic select pydb.{other}(); end;\n"
        )
    with pytest.raises(ValueError, match="need each other"):
        sources.load_order(tree.sql)


def test_a_file_outside_the_domains_is_refused(tree: Tree) -> None:
    (tree.sql / "stray.sql").write_text("select 1;\n")
    with pytest.raises(ValueError, match=r"stray\.sql"):
        sources.load_order(tree.sql)


def test_freeze_copies_only_what_changed(tree: Tree) -> None:
    added = tree.routine("first")
    folder = tree.freeze("The first: one!")
    assert folder.name == f"{len(HISTORY) + 1:04}_the_first_one"
    copies = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert copies == ["core/first.sql"]
    assert (folder / "core/first.sql").read_bytes() == added.read_bytes()


def test_freeze_refuses_when_nothing_changed(tree: Tree) -> None:
    with pytest.raises(freeze.FreezeError, match="nothing to freeze"):
        tree.freeze()


def test_freeze_lists_a_source_that_is_gone(tree: Tree) -> None:
    path = tree.routine("first")
    tree.freeze()
    path.unlink()
    folder = tree.freeze("gone")
    assert (folder / sources.DROPPED).read_text() == "core/first.sql\n"
    assert "core/first.sql" not in sources.overlay(sources.history(tree.migrations))


def test_freeze_drops_a_routine_whose_signature_changed(tree: Tree) -> None:
    tree.routine("first")
    tree.freeze()
    tree.routine("first", arguments="p_more integer")
    folder = tree.freeze("signature")
    for name in (sources.UPGRADE, sources.DOWNGRADE):
        assert (folder / name).read_text() == "drop routine pydb.first;\n"


def test_freeze_marks_a_change_of_tables_as_unfinished(tree: Tree) -> None:
    tables = tree.sql / "core" / sources.TABLES
    tree.write(tables, tables.read_text("utf-8") + "create table pydb.more (id bigint);\n")
    folder = tree.freeze("table")
    for name in (sources.UPGRADE, sources.DOWNGRADE):
        text = (folder / name).read_text("utf-8")
        assert freeze.MARKER in text
        assert "create table pydb.more" in text
        assert all(line.startswith("--") for line in text.splitlines())


def test_refreeze_writes_the_newest_anew_and_keeps_what_is_by_hand(tree: Tree) -> None:
    tree.routine("first")
    folder = tree.freeze()
    (folder / sources.UPGRADE).write_text("select 1;\n")
    tree.routine("first", "2")
    tree.routine("second")
    freeze.refreeze(tree.migrations, tree.sql)
    assert (folder / sources.UPGRADE).read_text() == "select 1;\n"
    assert (folder / "core/first.sql").read_text().count("select 2") == 1
    assert (folder / "core/second.sql").is_file()
    (tree.sql / "core/second.sql").unlink()
    freeze.refreeze(tree.migrations, tree.sql)
    assert not (folder / "core/second.sql").exists()
    recorded = (tree.migrations / "frozen.sha256").read_text("utf-8")
    assert sources.sha256(folder / "core/first.sql") in recorded
    assert "core/second.sql" not in recorded


def test_refreeze_refuses_a_committed_revision(tree: Tree) -> None:
    tree.routine("first")
    folder = tree.freeze()

    def git(*args: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", "-C", str(tree.root), *who, *args], check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "a")
    tree.routine("first", "2")
    with pytest.raises(freeze.FreezeError, match="committed"):
        freeze.refreeze(tree.migrations, tree.sql)
    assert "select 1" in (folder / "core/first.sql").read_text()
    freeze.refreeze(tree.migrations, tree.sql, force=True)
    assert "select 2" in (folder / "core/first.sql").read_text()


def test_importing_migrate_does_not_import_alembic() -> None:
    code = "import sys, pydb.migrate, pydb.cli.migrate; print({'alembic', 'sqlalchemy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_revisions_call_the_two_functions_and_nothing_else() -> None:
    template = Path(sources.migrations_dir() / "script.py.mako").read_text("utf-8")
    for revision in HISTORY:
        body = revision.module.read_text("utf-8").partition("depends_on = None")[2]
        assert body == template.partition("depends_on = None")[2], revision.module
