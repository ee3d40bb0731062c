"""Write reference-*.md, pydb.1 and the collector of sql_exporter, from a migrated database and --help.

python docs/reference.py               on an embedded server of its own (make reference)
python docs/reference.py --dsn DSN     from a database that is migrated already
python docs/reference.py --out FOLDER  elsewhere than beside this file
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import manual  # noqa: E402

from pydb import __version__, cli, db, migrate  # noqa: E402
from pydb.embedded import Server  # noqa: E402
from pydb.health import metrics as added  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COLLECTOR = HERE.parent / "ops" / "prometheus" / "sql_exporter" / "pydb.collector.yml"
GENERATED = "<!-- Written by docs/reference.py: do not edit, run `make reference`. -->"

# One document: what is public, that is, lies in schema pydb.
CATALOG = """
select jsonb_build_object(
    'routines', (
        select jsonb_agg(jsonb_build_object(
            'name', p.proname, 'kind', case p.prokind when 'p' then 'procedure' else 'function' end,
            'comment', obj_description(p.oid, 'pg_proc'), 'returns', pg_get_function_result(p.oid),
            'arguments', (
                select jsonb_agg(jsonb_build_object(
                    'name', a.name, 'type', format_type(a.type, null),
                    'mode', coalesce(p.proargmodes[a.n], 'i'),
                    'default', pg_get_function_arg_default(p.oid, a.n::integer)
                ) order by a.n)
                from unnest(p.proargnames, coalesce(p.proallargtypes, p.proargtypes::oid[]))
                    with ordinality as a (name, type, n)
            )
        ) order by p.proname)
        from pg_proc as p
        where p.pronamespace = 'pydb'::regnamespace
    ),
    'relations', (
        select jsonb_agg(jsonb_build_object(
            'name', c.relname,
            'kind', case c.relkind when 'v' then 'view' when 'c' then 'type' else 'table' end,
            'comment', coalesce(obj_description(c.oid, 'pg_class'), obj_description(c.reltype, 'pg_type')),
            'columns', (
                select jsonb_agg(jsonb_build_object(
                    'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull,
                    'comment', col_description(c.oid, a.attnum)
                ) order by a.attnum)
                from pg_attribute as a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            )
        ) order by c.relkind = 'v', c.relname)
        from pg_class as c
        where c.relnamespace = 'pydb'::regnamespace and c.relname !~ '^_' and (
            c.relkind in ('r', 'v')
            -- a type that a routine returns
            or c.relkind = 'c' and exists (
                select 1 from pg_proc as p
                where p.prorettype = c.reltype and p.pronamespace = c.relnamespace and p.proname !~ '^_'
            )
        )
    ),
    'metrics', (
        select jsonb_agg(to_jsonb(m) order by m.collector nulls first, m.name)
        from pydb_internal.metric_kind as m
    ),
    'settings', (
        select jsonb_agg(
            jsonb_build_object(
                'name', s.name, 'value', s.value,
                'type', coalesce(array_to_string(s.choices, ', '), s.value_type),
                'bounds', case when s.max_value is null then 'from ' || s.min_value
                    else s.min_value || ' to ' || s.max_value end,
                'nullable', s.nullable, 'comment', s.description
            ) order by s.name
        )
        from pydb.setting as s
    )
)
"""


def main() -> int:
    """Write all of them and return 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--dsn", help="a migrated database; left out: an embedded server")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    args = parser.parse_args()
    if args.dsn:
        catalog = read(args.dsn)
    else:
        with Server() as server:
            migrate.up(server.dsn(), notify=lambda _line: None)
            catalog = read(server.dsn())
    write(args.out / "reference-sql.md", sql_page(catalog))
    write(args.out / "reference-cli.md", cli_page())
    write(args.out / "pydb.1", manual.page(__version__, leaves))
    write(args.out / "reference-metrics.md", metrics_page(catalog["metrics"]))
    write(COLLECTOR if args.out == HERE else args.out / COLLECTOR.name, collector(catalog["metrics"]))
    return 0


def read(dsn: str) -> Any:
    """The catalog of a migrated database."""
    with db.connect(dsn) as conn:
        return db.run_text(conn, CATALOG)


def write(path: Path, lines: Iterable[str]) -> None:
    """Write a page; the lines have no line ends."""
    path.write_text("\n".join(lines) + "\n", "utf-8")


def sql_page(catalog: Any) -> Iterator[str]:
    """Lines of the page about schema pydb."""
    yield "# SQL reference"
    yield ""
    yield GENERATED
    yield ""
    yield "What is here is the contract: names and meanings stay, columns and arguments are only added."
    yield "What lies in schema pydb_internal is private. The same text is in the database:"
    yield "`\\df+ pydb.*`, `\\d+ pydb.*`. Nothing is granted to PUBLIC; who may do what is in"
    yield "[install.md](install.md#roles)."
    yield ""
    yield "## Routines"
    for routine in catalog["routines"]:
        yield from routine_lines(routine)
    for kind, title in (("table", "Tables"), ("view", "Views"), ("type", "Types of results")):
        yield ""
        yield f"## {title}"
        for relation in catalog["relations"]:
            if relation["kind"] == kind:
                yield from relation_lines(relation)
    yield ""
    yield "## Settings"
    yield ""
    yield "Rows of `pydb.setting`, with their values after installation; changed by"
    yield "[`pydb.setting_set`](#setting_set), which refuses what is not of the type or out of bounds."
    yield ""
    rows = ((f"`{s['name']}`", code(s["value"]), type_of(s), s["comment"]) for s in catalog["settings"])
    yield from table(("Setting", "Value", "Takes", "Meaning"), rows)


def metrics_page(kinds: Any) -> Iterator[str]:
    """Lines of the page about metrics."""
    yield "# Metrics reference"
    yield ""
    yield GENERATED
    yield ""
    yield "Every metric of the view `pydb.metric`, by the collector that it comes from, and what the program"
    yield "adds. How to read them, and what they cost: [metrics.md](metrics.md)."
    titles = {kind["collector"]: f"Collector {kind['collector']}" for kind in kinds}
    for collector_name, title in {**titles, None: "Of every collector"}.items():
        rows = [
            (f"`{kind['name']}`", kind["type"], code(", ".join(kind["labels"]) or None), kind["help"])
            for kind in kinds
            if kind["collector"] == collector_name
        ]
        yield from metric_table(title, rows)
    rows = [
        (f"`{name}`", kind, code(", ".join(labels) or None), text) for name, kind, labels, text in added.ADDED
    ]
    yield from metric_table("Of the program", rows)


def metric_table(title: str, rows: list[tuple[str, str, str, str]]) -> Iterator[str]:
    """A section with a table of metrics."""
    yield ""
    yield f"## {title}"
    yield ""
    yield from table(("Metric", "Type", "Labels", "Meaning"), rows)


def collector(kinds: Any) -> Iterator[str]:
    """Lines of the collector file of sql_exporter: what has the same labels comes from one query."""
    yield "# Collector of pydb for sql_exporter (github.com/burningalchemist/sql_exporter): view pydb.metric."
    yield "# Written by docs/reference.py: do not edit, run `make reference`."
    yield "collector_name: pydb"
    yield "min_interval: 15s"
    yield "metrics:"
    queries: dict[str, tuple[str | None, list[str], list[str]]] = {}
    for kind in kinds:
        histogram = kind["type"] == "histogram"
        for part in ("_bucket", "_sum", "_count") if histogram else ("",):
            labels = [*kind["labels"], *(["le"] if part == "_bucket" else [])]
            query = "_".join(["pydb", kind["collector"] or "all", *labels])
            queries.setdefault(query, (kind["collector"], labels, []))[2].append(kind["name"] + part)
            yield f"  - metric_name: {kind['name']}{part}"
            yield f"    type: {'gauge' if kind['type'] == 'gauge' else 'counter'}"
            help_text = kind["help"].replace("'", "''")
            yield f"    help: '{help_text}'"
            if labels:
                yield f"    key_labels: [{', '.join(labels)}]"
            yield f"    values: [{kind['name']}{part}]"
            yield f"    query_ref: {query}"
    yield "queries:"
    for query, (source, labels, names) in queries.items():
        yield f"  - query_name: {query}"
        yield "    query: |"
        selected = [f"m.labels ->> '{label}' as {label}" for label in labels]
        selected += [f"max(m.value) filter (where m.name = '{name}') as {name}" for name in names]
        yield "      select"
        yield from (
            f"        {one}{',' if place < len(selected) else ''}" for place, one in enumerate(selected, 1)
        )
        yield "      from pydb.metric as m"
        named = ", ".join(f"'{name}'" for name in names)
        wanted = ([f"m.collector = '{source}'"] if source else []) + [f"m.name in ({named})"]
        yield f"      where {' and '.join(wanted)}"
        if labels:
            yield f"      group by {', '.join(str(place) for place in range(1, len(labels) + 1))}"


def type_of(setting: Any) -> str:
    """What a setting takes: its type or choices, its bounds, null."""
    return ", ".join(filter(None, (setting["type"], setting["bounds"], setting["nullable"] and "or null")))


def routine_lines(routine: Any) -> Iterator[str]:
    """Lines about one function or procedure."""
    arguments = routine["arguments"] or []
    given = [a for a in arguments if a["mode"] in ("i", "b")]
    gives = [a for a in arguments if a["mode"] in ("o", "b", "t")]
    yield ""
    yield f"### {routine['name']}"
    yield ""
    if routine["kind"] == "procedure":
        yield f"Procedure: `call pydb.{routine['name']}(…)`."
    elif gives:
        yield f"Function: `select * from pydb.{routine['name']}(…)`."  # noqa: S608 - it is shown, not run
    elif returned := re.fullmatch(r"(SETOF )?pydb\.(\w+)", routine["returns"]):
        rows_of = "rows of" if returned[1] else "a row of"
        call = f"select * from pydb.{routine['name']}(…)"  # noqa: S608 - it is shown, not run
        yield f"Function: `{call}`, {rows_of} [{returned[2]}](#{returned[2]})."
    else:
        yield f"Function, returns `{routine['returns']}`."
    yield ""
    yield one_line(routine["comment"])
    if given:
        yield ""
        rows = (
            (f"`{a['name']}`", f"`{a['type']}`", "required" if a["default"] is None else f"`{a['default']}`")
            for a in given
        )
        yield from table(("Argument", "Type", "Default"), rows)
    if gives:
        yield ""
        yield "Columns of the result: " + ", ".join(f"`{a['name']}` {a['type']}" for a in gives) + "."


def relation_lines(relation: Any) -> Iterator[str]:
    """Lines about one table or view."""
    yield ""
    yield f"### {relation['name']}"
    yield ""
    yield one_line(relation["comment"])
    yield ""
    rows = (
        (f"`{c['name']}`", c["type"] + (", not null" if c["not_null"] else ""), c["comment"])
        for c in relation["columns"]
    )
    yield from table(("Column", "Type", "Meaning"), rows)


def cli_page() -> Iterator[str]:
    """Lines of the page about the command line."""
    root = cli._build()
    with root.context_class(root, info_name="pydb", auto_envvar_prefix="PYDB") as ctx:
        commands = [sub for name in cli.COMMANDS for sub in leaves(root.get_command(ctx, name), ctx, name)]
        everywhere = {(p.name, p.help) for p in root.params}
        yield "# Command line reference"
        yield ""
        yield GENERATED
        yield ""
        yield "`pydb [OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]`; each command answers `--help`."
        yield ""
        yield "## Options of every command"
        yield ""
        yield "They may stand before or after the command."
        yield ""
        yield from option_table(root.params, ctx)
        yield ""
        yield "## Exit codes"
        yield ""
        yield one_line(cli.EPILOG.removeprefix("Exit codes: "))
        yield ""
        yield "Results go to stdout, talk and progress to stderr. `--json` prints exactly one document,"
        yield '`{"document": …, "version": 1, "exit_code": …, …}`, errors too (`"document": "error"`).'
        for command, sub in commands:
            yield ""
            yield f"## {sub.command_path}"
            yield ""
            arguments = [p for p in command.params if p.param_type_name == "argument"]
            shown = [p.metavar if p.required else f"[{p.metavar}]" for p in arguments]
            yield f"`{' '.join([sub.command_path, '[OPTIONS]', *shown])}`"
            yield ""
            yield from paragraphs(command.help)
            options = [
                p
                for p in command.params
                if p.param_type_name == "option" and (p.name, p.help) not in everywhere
            ]
            if arguments:
                yield ""
                yield from table(
                    ("Argument", "", "Meaning"),
                    ((f"`{p.metavar}`", "required" if p.required else "optional", p.help) for p in arguments),
                )
            if options:
                yield ""
                yield from option_table(options, sub)


def leaves(command: Any, parent: Any, name: str) -> Iterator[tuple[Any, Any]]:
    """Every command that does something, with its context, in the order of the help."""
    ctx = command.context_class(command, info_name=name, parent=parent)
    if not getattr(command, "commands", None):
        yield command, ctx
        return
    for child in command.list_commands(ctx):
        sub = command.get_command(ctx, child)
        if not sub.hidden:
            yield from leaves(sub, ctx, child)


def option_table(options: Iterable[Any], ctx: Any) -> Iterator[str]:
    """The options of one command with values, defaults and environment variables."""
    rows = []
    for option in sorted(options, key=lambda p: p.name == "help"):
        value = "" if option.is_flag else f" {option.metavar or 'VALUE'}"
        names = ", ".join(f"`{opt}{value}`" for opt in option.opts)
        shown = option.default if not option.is_flag and option.default is not None else None
        rows.append((names, code(shown), code(environment(option, ctx)), option.help))
    return table(("Option", "Default", "Environment", "Meaning"), rows)


def environment(option: Any, ctx: Any) -> str | None:
    """The environment variable that sets an option, named by hand or derived from the command's path."""
    if option.envvar:
        return str(option.envvar)
    if not option.allow_from_autoenv or not ctx.auto_envvar_prefix or option.name is None:
        return None
    return f"{ctx.auto_envvar_prefix}_{option.name.upper()}"


def paragraphs(text: str | None) -> Iterator[str]:
    """Help text, one line a paragraph, with a blank line between them."""
    for number, block in enumerate((text or "").strip().split("\n\n")):
        if number:
            yield ""
        yield one_line(block)


def one_line(text: str | None) -> str:
    """Words of a text with single blanks; what Markdown would take for a tag stays text."""
    return " ".join((text or "").split()).replace("<", "&lt;")


def code(value: object) -> str:
    """A value in code quotes, or nothing."""
    return "" if value is None else f"`{value}`"


def table(head: tuple[str, ...], rows: Iterable[tuple[str | None, ...]]) -> Iterator[str]:
    """A Markdown table; a bar in a cell would end it."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(one_line(cell).replace("|", "\\|") for cell in row) + " |"


if __name__ == "__main__":
    raise SystemExit(main())
