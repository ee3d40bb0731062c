"""``pydb policy``: a file becomes the policies of a database, in one transaction or not at all."""

from __future__ import annotations

import shlex
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Cli, Result
    from tests.conftest import Connection

    PolicyFile = Callable[..., Path]

KEEP = 'keep = "30 days"'


def kinds(result: Result) -> dict[str, str]:
    changes = cast("list[dict[str, str]]", result.document["changes"])
    return {change["policy"]: change["kind"] for change in changes}


def stored(db: Connection) -> list[tuple[object, ...]]:
    return db.execute(
        "select name, target::regclass::text, keep::text, fuse_share, enabled, max_rows"
        " from pydb.retention_policy where not builtin order by name"
    ).fetchall()


def test_apply_adds_changes_keeps_and_removes(cli: Cli, events: Connection, policy_file: PolicyFile) -> None:
    first = cli("policy", "apply", str(policy_file(a=KEEP, b=KEEP, c=KEEP + "\nmax_rows = 5")), "--json")
    assert (first.code, kinds(first)) == (0, {"a": "added", "b": "added", "c": "added"})
    changed = policy_file(a=KEEP, c='keep = "1 mon"', d=KEEP)
    second = cli("policy", "apply", str(changed), "--prune", "--yes", "--json")
    assert second.code == 0
    assert kinds(second) == {"a": "unchanged", "b": "removed", "c": "changed", "d": "added"}
    assert second.document["counts"] == {"added": 1, "changed": 1, "unchanged": 1, "removed": 1}
    changes = cast("list[dict[str, object]]", second.document["changes"])
    assert changes[2]["fields"] == {
        "keep": {"before": "30 days", "after": "1 mon"},
        "max_rows": {"before": 5, "after": None},
    }
    assert [row[0] for row in stored(events)] == ["a", "c", "d"]


def test_a_name_that_begins_with_a_dash_is_typed_as_it_is_said(cli: Cli, events: Connection) -> None:
    """Each command that is printed next can be pasted into a shell."""
    unquoted = cli("policy", "set", "-x", "app.events", "at", "30 days")
    assert (unquoted.code, "stands behind --" in unquoted.err) == (64, True)
    assert cli("policy", "set", "--", "-x", "app.events", "at", "30 days").code == 0
    twin = cli("policy", "set", "y", "app.events", "at", "30 days")
    assert "hint: Change -x, give a --filter, or: pydb policy drop -- -x" in twin.err
    events.execute("update pydb.retention_policy set fuse_rows = 1 where name = '-x'")
    refused = cli("retention", "run", "--", "-x")
    command = refused.err.partition("look at: ")[2].partition(";")[0]
    assert shlex.split(command) == ["pydb", "retention", "plan", "--", "-x"]
    assert cli(*shlex.split(command)[1:]).code == 0


def test_applying_twice_changes_nothing(cli: Cli, events: Connection, policy_file: PolicyFile) -> None:
    path = str(policy_file(a=KEEP + "\nfilter = \"id > 0\"\nschedule = '15 3 * * *'\nfuse_share = 0.75"))
    assert cli("policy", "apply", path).code == 0
    version = events.execute(
        "select xmin::text, version from pydb.retention_policy where name = 'a'"
    ).fetchone()
    audited = events.execute("select count(*) from pydb.audit_log").fetchone()
    again = cli("policy", "apply", path, "--json")
    assert kinds(again) == {"a": "unchanged"}
    assert (
        events.execute("select xmin::text, version from pydb.retention_policy where name = 'a'").fetchone()
        == version
    )
    assert events.execute("select count(*) from pydb.audit_log").fetchone() == audited


def test_equal_intervals_are_no_difference(cli: Cli, events: Connection, policy_file: PolicyFile) -> None:
    cli("policy", "apply", str(policy_file(a='keep = "4 weeks"')))
    assert kinds(cli("policy", "apply", str(policy_file(a='keep = "28 days"')), "--json")) == {
        "a": "unchanged"
    }


def test_a_dry_run_shows_the_difference_and_changes_nothing(
    cli: Cli, events: Connection, policy_file: PolicyFile
) -> None:
    cli("policy", "apply", str(policy_file(a=KEEP)))
    before = stored(events)
    result = cli("policy", "apply", str(policy_file(b=KEEP)), "--prune", "--dry-run", "--json")
    assert (result.code, kinds(result)) == (0, {"a": "removed", "b": "added"})
    assert result.document["dry_run"] is True
    assert stored(events) == before


def test_a_look_at_the_difference_is_the_dry_run_of_a_prune(
    cli: Cli, events: Connection, policy_file: PolicyFile
) -> None:
    first = str(policy_file(a=KEEP, c=KEEP))
    assert cli("policy", "apply", first).code == 0
    before = stored(events)
    assert cli("policy", "diff", first, "--exit-code").code == 0
    other = str(policy_file(a=KEEP, b=KEEP))
    looked = cli("policy", "diff", other, "--json")
    assert (looked.code, kinds(looked)) == (0, {"b": "added", "c": "removed"})
    told = cli("policy", "diff", other, "--exit-code", "--json")
    assert (told.code, told.document["exit_code"], kinds(told)) == (1, 1, kinds(looked))
    assert stored(events) == before
    wrong = policy_file(a=KEEP)
    wrong.write_text(wrong.read_text() + "\nkeeps = 1\n")
    assert cli("policy", "diff", str(wrong), "--exit-code").code == 64


def test_for_people_the_difference_has_before_and_after(
    cli: Cli, events: Connection, policy_file: PolicyFile
) -> None:
    assert "+ a (added)" in cli("policy", "apply", str(policy_file(a=KEEP))).out
    out = cli("policy", "apply", str(policy_file(a='keep = "60 days"'))).out
    assert "~ a (changed)" in out
    assert "keep: 30 days → 60 days" in out
    assert "0 added, 1 changed, 0 unchanged, 0 removed" in out


def test_without_prune_nothing_is_removed(cli: Cli, events: Connection, policy_file: PolicyFile) -> None:
    cli("policy", "apply", str(policy_file(a=KEEP)))
    cli("policy", "apply", str(policy_file(b=KEEP)))
    assert [row[0] for row in stored(events)] == ["a", "b"]


def test_prune_needs_yes_where_nobody_can_be_asked(
    cli: Cli, events: Connection, policy_file: PolicyFile
) -> None:
    cli("policy", "apply", str(policy_file(a=KEEP)))
    result = cli("policy", "apply", str(policy_file(b=KEEP)), "--prune")
    assert result.code == 64
    assert "--yes" in result.err
    assert [row[0] for row in stored(events)] == ["a"]


def test_prune_asks_on_a_terminal(cli: Cli, events: Connection, policy_file: PolicyFile) -> None:
    cli("policy", "apply", str(policy_file(a=KEEP)))
    path = str(policy_file(b=KEEP))
    no = cli.on_terminal("policy", "apply", path, "--prune", answer=b"n\n")
    assert "Drop policy a?" in no.out
    assert (no.code, [row[0] for row in stored(events)]) == (1, ["a"])
    yes = cli.on_terminal("policy", "apply", path, "--prune", answer=b"y\n")
    assert (yes.code, [row[0] for row in stored(events)]) == (0, ["b"])


def test_standard_input(cli: Cli, events: Connection, policy_file: PolicyFile) -> None:
    text = policy_file(a=KEEP).read_bytes()
    assert kinds(cli("policy", "apply", "-", "--json", stdin=text)) == {"a": "added"}
    bad = cli("policy", "apply", "-", "--json", stdin=text + b"\nwrong = 1\n")
    assert (bad.code, bad.error["source"], bad.error["key"]) == (64, "<stdin>", "wrong")


@pytest.mark.parametrize(
    ("second", "sqlstate"),
    [
        ('keep = "-10 minutes"', "YD101"),
        ('keep = "xx"', "22007"),
        ('keep = "1 minute"', "YD101"),
        (KEEP + '\nfilter = "true; drop table app.events"', "YD103"),
        (KEEP + "\nmax_rows = 0", "YD109"),
        (KEEP + "\nmax_rows = 99999999999999999999", "22003"),
        (KEEP + "\nschedule = '@reboot'", "YD501"),
        (KEEP + "\nstrategy = 'magic'", None),
    ],
)
def test_one_refused_policy_leaves_nothing_applied(
    cli: Cli, events: Connection, policy_file: PolicyFile, second: str, sqlstate: str | None
) -> None:
    result = cli("policy", "apply", str(policy_file(a=KEEP, b=second)), "--json")
    assert result.code == 64
    line = 9 if "\n" in second else 8  # that of the key, not of the table
    assert str(result.error["message"]).split(": ")[0].endswith(f"policies.toml:{line}")
    assert "policy b: " in str(result.error["message"])
    assert sqlstate in (None, result.error["sqlstate"])
    assert stored(events) == []


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        (b'[policy.a]\ntable = "app.events"\ntime_column = "at"\nkeeep = "1 day"\n', 4, "keeep"),
        (b'[policy.a]\ntable = "t"\ntable = "u"\n', 3, "table"),
        (b"\xef\xbb\xbf[policy.a]\n", 1, None),
        (b'[policy.a]\ntable = "t\0"\n', 2, None),
        (b'[policy.a]\ntable = "t"\ntime_column = "at"\nkeep = 30\n', 4, "keep"),
        (b"#" * (10 * 1024 * 1024), None, None),
        (b"[policy." + b"a" * 64 + b"]\n", 1, "a" * 64),
    ],
    ids=["unknown key", "duplicate key", "BOM", "NUL", "wrong type", "10 MB", "long name"],
)
def test_a_bad_file_is_refused_with_line_and_key(  # noqa: PLR0917
    cli: Cli, db: Connection, tmp_path: Path, text: bytes, line: int | None, key: str | None
) -> None:
    (tmp_path / "bad.toml").write_bytes(text)
    result = cli("policy", "apply", "bad.toml", "--json")
    assert (result.code, result.error["line"], result.error["key"]) == (64, line, key)
    where = "bad.toml" if line is None else f"bad.toml:{line}"
    assert result.err.startswith(f"pydb: {where}: ")
    assert stored(db) == []


def test_a_file_that_cannot_be_read(cli: Cli, tmp_path: Path) -> None:
    assert cli("policy", "apply", "missing.toml").code == 64
    assert cli("policy", "apply", str(tmp_path)).code == 64


@pytest.mark.parametrize(
    ("table", "sqlstate"),
    [
        ("public.nothing", "YD004"),
        ("nothing", "YD004"),
        ('public."no such"', "YD004"),
        ("a.b.c.d", None),
        ("events", "YD004"),
        ("a" * 64, "YD006"),
        ("", None),
    ],
)
def test_a_table_that_is_not_exactly_one_is_refused(
    cli: Cli, events: Connection, tmp_path: Path, table: str, sqlstate: str | None
) -> None:
    events.execute("create schema other")
    events.execute("create table other.events (at timestamptz)")
    (tmp_path / "p.toml").write_text(f"[policy.a]\ntable = '{table}'\ntime_column = 'at'\nkeep = '30 days'\n")
    result = cli("policy", "apply", "p.toml", "--json")
    assert result.code == 64
    assert sqlstate in (None, result.error["sqlstate"])
    assert result.error["hint"] or result.error["detail"]
    assert stored(events) == []


def test_the_search_path_of_the_role_decides_nothing(
    cli: Cli, events: Connection, policy_file: PolicyFile, dsn: str
) -> None:
    events.execute("create schema other")
    events.execute("create table other.events (at timestamptz)")
    events.execute(f"alter database {events.info.dbname} set search_path = other, app")
    events.execute(f"alter database {events.info.dbname} set intervalstyle = iso_8601")
    events.execute(f"alter database {events.info.dbname} set datestyle = german")
    assert cli("policy", "apply", str(policy_file(a=KEEP))).code == 0
    listed = cast("list[dict[str, object]]", cli("policy", "list", "--json").document["policies"])
    (policy,) = (policy for policy in listed if policy["name"] == "a")
    assert (policy["relation"], policy["keep"]) == ("app.events", "30 days")
    assert kinds(cli("policy", "apply", str(policy_file(a=KEEP)), "--json")) == {"a": "unchanged"}


@pytest.mark.parametrize(
    "name",
    [
        '"Escap3e;"',
        '"a""b"',
        '"a\'b"',
        '"a.b"',
        '"a b"',
        '"SELECT"',
        '"%s %I"',
        '"(in,parens)"',
        '"表🎈"',
        '"' + "ü" * 31 + 'x"',
    ],
)
def test_any_table_name_works_end_to_end(cli: Cli, db: Connection, tmp_path: Path, name: str) -> None:
    db.execute('create schema "Sche.ma"')
    db.execute(f'create table "Sche.ma".{name} (at timestamptz)')
    db.execute(f"insert into \"Sche.ma\".{name} values (now() - interval '1 year'), (now())".encode())
    (tmp_path / "p.toml").write_text(
        f"[policy.\"n'a me\"]\ntable = '''\"Sche.ma\".{name}'''\ntime_column = 'at'\nkeep = '30 days'\n"
    )
    assert cli("policy", "apply", "p.toml").code == 0
    result = cli("retention", "run", "n'a me", "--yes", "--json")
    (run,) = cast("list[dict[str, object]]", result.document["runs"])
    assert (result.code, run["rows_done"], run["subject"]) == (0, 1, "n'a me")
    assert db.execute(f'select count(*) from "Sche.ma".{name}'.encode()).fetchone() == (1,)


def test_list_and_show(cli: Cli, events: Connection, policy_file: PolicyFile) -> None:
    cli("policy", "apply", str(policy_file(a=KEEP)))
    policy = cast("dict[str, object]", cli("policy", "show", "a", "--json").document["policy"])
    assert set(policy) == {
        *("name", "relation", "time_column", "time_unit", "expiry", "keep", "timezone", "filter", "action"),
        *("on_referenced", "strategy", "batch_target", "max_rows", "max_runtime", "rows_per_second"),
        *(
            "fuse_rows",
            "fuse_share",
            "expire_minus_infinity",
            "schedule",
            "enabled",
            "paused_at",
            "paused_by",
        ),
        *("paused_reason", "builtin", "author", "version", "created_at", "updated_at"),
        "expire_implausible",
        *(f"watermark_{part}" for part in ("table", "column", "pick", "filter", "function")),
        *("partition", "partition_schema", "search_path", "partition_first"),
        *("windows", "max_wal", "catch_up_windows", "catch_up_max_wal", "catch_up_rows_per_second"),
        *("catch_up_after", "catch_up_max_rows", "catch_up_max_runtime"),
        *(f"keep_{part}" for part in ("column", "table", "by", "key", "value", "floor", "last", "last_by")),
        "combine",
    }
    assert (policy["fuse_share"], policy["enabled"], policy["max_rows"]) == (0.5, True, None)
    assert str(policy["created_at"]).endswith("Z")
    assert policy in cast("list[object]", cli("policy", "list", "--json").document["policies"])
    assert "app.events" in cli("policy", "list").out
    assert "app.events" in cli("policy", "show", "a").out


def test_a_watermark_is_set_shown_exported_and_explained(
    cli: Cli, events: Connection, policy_file: PolicyFile, tmp_path: Path
) -> None:
    events.execute('create table app."Roll up" (job text, done timestamptz)')
    more = """watermark_table = 'app."Roll up"'\nwatermark_column = "done"\nwatermark_filter = "job = 'a'" """
    path = str(policy_file(a=KEEP + "\n" + more))
    applied = cli("policy", "apply", path)
    assert (applied.code, "YD119" in applied.err or "watermark" in applied.err) == (0, True)
    assert kinds(cli("policy", "apply", path, "--json")) == {"a": "unchanged"}
    exported = tmp_path / "again.toml"
    exported.write_text(cli("policy", "export", "a").out)
    assert kinds(cli("policy", "apply", str(exported), "--json")) == {"a": "unchanged"}
    for verb in (("retention", "plan", "a"), ("retention", "run", "a", "--yes"), ("policy", "explain", "a")):
        assert cli(*verb).code == 1, verb
    explained = cli("policy", "explain", "a", "--json")
    aspects = {one["aspect"]: one for one in cast("list[dict[str, str]]", explained.document["aspects"])}
    assert (explained.code, aspects["watermark"]["state"]) == (1, "blocks")
    assert aspects["watermark"]["value"] == 'max(done) of app."Roll up"'
    events.execute("insert into app.\"Roll up\" values ('a', '2001-01-01')")
    assert cli("policy", "explain", "a").code == 0
    # what is changed by somebody else is seen
    assert cli("policy", "set", "a", "app.events", "at", "30 days").code == 0
    changes = cast("list[dict[str, object]]", cli("policy", "apply", path, "--json").document["changes"])
    assert changes[0]["fields"] == {
        "watermark_table": {"before": None, "after": 'app."Roll up"'},
        "watermark_column": {"before": None, "after": "done"},
        "watermark_filter": {"before": None, "after": "(job = 'a'::text)"},
    }
    assert cli("policy", "explain", "nobody").code == 64


def test_rules_are_set_shown_exported_and_a_row_is_explained(
    cli: Cli, events: Connection, policy_file: PolicyFile, tmp_path: Path
) -> None:
    events.execute("create index on app.events (at)")
    events.execute('create table app."Wie lange" (id bigint primary key, "für" interval)')
    events.execute('insert into app."Wie lange" values (1, null)')
    more = """keep_table = 'app."Wie lange"'\nkeep_by = ["id"]\nkeep_key = ["id"]\nkeep_value = "für"
keep_floor = "7 days"\nkeep_last = 3\ncombine = "and" """
    path = str(policy_file(a=KEEP + "\n" + more))
    assert cli("policy", "apply", path).code == 0
    assert kinds(cli("policy", "apply", path, "--json")) == {"a": "unchanged"}
    exported = tmp_path / "again.toml"
    exported.write_text(cli("policy", "export", "a").out)
    assert kinds(cli("policy", "apply", str(exported), "--json")) == {"a": "unchanged"}
    assert 'app."Wie lange"' in cli("policy", "show", "a").out
    explained = cli("policy", "explain", "a", "--key", '{"id": 1}', "--json")
    (row,) = cast("list[dict[str, object]]", explained.document["rows"])
    assert (explained.code, row["rule"], row["keep"], row["is_due"]) == (0, "mapping", None, False)
    assert "for_ever" in cast("list[str]", row["codes"])
    assert "for ever" in cli("policy", "explain", "a", "--key", '{"id": 1}').out
    assert cli("policy", "explain", "a", "--key", '{"id": -1}').code == 1
    assert cli("policy", "explain", "a", "--key", "7").code == 64
    assert cli("policy", "explain", "a", "--key", '{"at": "2020-01-01"}').code == 64
    options = (
        "--keep-table",
        'app."Wie lange"',
        "--keep-by",
        "id",
        "--keep-key",
        "id",
        "--keep-value",
        "für",
    )
    assert cli("policy", "set", "b", "app.events", "at", "30 days", "--filter", "id > 1", *options).code == 0
    # the line of the key that is wrong is named
    wrong = cli("policy", "apply", str(policy_file(c=KEEP + '\nfilter = "id > 2"\nkeep_column = "nobody"')))
    assert (wrong.code, "keep_column" in wrong.err or "nobody" in wrong.err) == (64, True)


def test_drop(cli: Cli, events: Connection, policy_file: PolicyFile) -> None:
    cli("policy", "apply", str(policy_file(a=KEEP)))
    assert cli("policy", "drop", "a").code == 64
    assert cli("policy", "drop", "a", "--dry-run").code == 0
    assert [row[0] for row in stored(events)] == ["a"]
    assert cli("policy", "drop", "a", "--yes", "--json").document["dropped"] is True
    assert stored(events) == []
    assert events.execute("select count(*) from app.events").fetchone() == (10_000,)


def test_a_policy_can_be_renamed(cli: Cli, events: Connection, policy_file: PolicyFile) -> None:
    path = policy_file(a=KEEP)
    cli("policy", "apply", str(path))
    path.write_text(path.read_text().replace("policy.a", "policy.renamed"))
    result = cli("policy", "apply", str(path), "--prune", "--yes", "--json")
    assert kinds(result) == {"a": "removed", "renamed": "added"}


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ('keep = "30 dayz"', ('keep = "30 dayz"', 'keep = "30 days"')),
        (KEEP + "\nfuse_share = 50", ("fuse_share is 50", "Leave the key out")),
        ('keep = "1 minute"', ("allow_short = true",)),
        ("keep = 30", ('keep = "30 days"',)),
        (KEEP + '\nschedul = "x"', ("did you mean schedule?",)),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_its_own_words(
    cli: Cli, events: Connection, policy_file: PolicyFile, second: str, said: tuple[str, ...]
) -> None:
    result = cli("policy", "apply", str(policy_file(b=second)))
    assert result.code == 64
    assert all(words in result.err for words in said), result.err
    assert "p_" not in result.err.replace(str(policy_file(b=second)), "")


def test_a_policy_is_set_by_a_command(cli: Cli, events: Connection) -> None:
    command = ("policy", "set", "a", "app.events", "at", "30 days", "--json")
    assert kinds(cli(*command, "--dry-run")) == {"a": "added"}
    assert stored(events) == []
    assert kinds(cli(*command, "--max-rows", "5", "--filter", "id > 0")) == {"a": "added"}
    assert kinds(cli(*command)) == {"a": "changed"}
    assert stored(events) == [("a", "app.events", "30 days", Decimal("0.5"), True, None)]
    refused = cli("policy", "set", "a", "app.events", "at", "1 minute")
    assert (refused.code, "--allow-short" in refused.err, "p_" in refused.err) == (64, True, False)
    bounds = cli("policy", "set", "a", "app.events", "at", "30 days", "--fuse-share", "50")
    assert (bounds.code, "--fuse-share is 50" in bounds.err) == (64, True)


def test_what_is_exported_makes_the_same_again(cli: Cli, events: Connection, policy_file: PolicyFile) -> None:
    text = KEEP + '\nfilter = "id > 0 and at::text <> \'\\"\'"\nfuse_share = 0.75\nmax_runtime = "30 min"'
    assert cli("policy", "apply", str(policy_file(a=text, b='keep = "1 mon"\nenabled = false'))).code == 0
    events.execute("select from pydb.retention_policy_set('n\"a me', 'app.c', 'at', '1 year')")
    exported = cli("policy", "export")
    assert exported.code == 0
    again = cli("policy", "apply", "-", "--prune", "--json", stdin=exported.out.encode())
    assert kinds(again) == {"a": "unchanged", "b": "unchanged", 'n"a me': "unchanged"}
    assert cli("policy", "export", "nope", "--json").error["sqlstate"] == "YD002"


def test_a_search_path_is_a_list_of_schemas(cli: Cli, events: Connection, policy_file: PolicyFile) -> None:
    events.execute('create schema "Au dit, 2"')
    command = ("policy", "set", "a", "app.events", "at", "30 days", "--search-path", "app")
    assert cli(*command, "--search-path", "Au dit, 2").code == 0
    exported = cli("policy", "export", "a").out
    assert 'search_path = ["app", "Au dit, 2"]' in exported
    assert kinds(cli("policy", "apply", "-", "--json", stdin=exported.encode())) == {"a": "unchanged"}
    path = str(policy_file(a=KEEP + '\nsearch_path = ["app"]'))
    (change,) = cast("list[dict[str, object]]", cli("policy", "apply", path, "--json").document["changes"])
    assert change["fields"] == {"search_path": {"before": ["app", "Au dit, 2"], "after": ["app"]}}
    refused = cli(*command, "--search-path", "nowhere")
    assert (refused.code, "--search-path" in refused.err, "p_" in refused.err) == (64, True, False)
    for wrong in ('["app", "nowhere"]', '"app"', '["app", 1]', "[]"):
        said = cli("policy", "apply", str(policy_file(a=KEEP + f"\nsearch_path = {wrong}")))
        assert (said.code, ".toml:" in said.err, "p_search" in said.err) == (64, True, False), said.err
    assert cli("entity", "set", "day", "app.events", "--search-path", "app").code == 0
    assert "app" in cli("entity", "list").out


def test_settings_are_listed_and_set(cli: Cli, db: Connection) -> None:
    listed = cast("list[dict[str, object]]", cli("setting", "list", "--json").document["settings"])
    assert {"kill_switch", "batch_target"} <= {str(one["name"]) for one in listed}
    assert cli("setting", "set", "batch_target", "300 ms", "--dry-run").code == 0
    assert cli("setting", "set", "batch_target", "300 ms").code == 0
    assert db.execute("select value from pydb.setting where name = 'batch_target'").fetchone() == ("300 ms",)
    refused = cli("setting", "set", "batch_target", "1 hour", "--json")
    assert (refused.code, refused.error["hint"]) == (64, "see: pydb setting list")
    assert cli("setting", "set", "batch_target").code == 64


def test_several_databases_in_one_call(cli: Cli, events: Connection, dsn: str, empty_dsn: str) -> None:
    command = ("policy", "set", "a", "app.events", "at", "30 days")
    both = cli(*command, "--dsn", dsn, "--dsn", empty_dsn, "--json")
    databases = cast("list[dict[str, object]]", both.document["databases"])
    assert [one["exit_code"] for one in databases] == [0, 64]
    assert (both.code, len(stored(events))) == (64, 1)
    everywhere = cli("policy", "show", "a", "--all-databases", "--json")
    found = cast("list[dict[str, object]]", everywhere.document["databases"])
    mine = [one for one in found if one["database"] == events.info.dbname]
    assert [one["exit_code"] for one in mine] == [0]
    assert cli("schedule", "run", "--all-databases").code == 64
