"""Structure rules for the files below sql/. The docstring of a rule is its reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Final

from pglast import ast
from pglast.enums.parsenodes import AlterTableType
from pglast.parser import ParseError, scan

from pydb import sources
from tests.lint.sqltree import INPUT_MODES, SqlFile, Tree, blocks, dotted, is_ours, is_public, nodes, walk

Rule = Callable[[SqlFile, Tree], Iterator[str]]

RULES: Final[list[Rule]] = []

# routines without `set search_path`, and why
NO_SEARCH_PATH: Final = {
    "application_enter": "sets the application's path for its caller, which a SET clause would undo",
    "application_leave": "sets the caller's path again",
    "application_constraints": "runs the application's triggers under its path, and sets the caller's again",
    "run_pin": "sets the path for its caller's transaction, which a SET clause would undo",
    "run_drive": "commits; sets the path again after each COMMIT",
    "run_series": "calls what commits; sets the path again after each call",
    "cascade_run": "calls what commits; sets the path again after each call",
    "orphan_close": "commits; sets the path again after each COMMIT",
    "orphan_repair": "calls what commits; sets the path again after each call",
    "archive_export_run": "calls what commits; sets the path again after each call",
    "archive_purge": "calls what commits; sets the path again after each call",
    "orphan_scan_run": "calls what commits; sets the path again after each call",
    "export_pin": "as run_pin, which it calls",
    "retention_export_run": "calls what commits; sets the path again after each call",
    "retention_run": "calls what commits; sets the path again after each call",
    "event_run": "commits; sets the path again after each COMMIT",
    "audit_seal_run": "commits; sets the path again after each COMMIT",
    "schedule_prune": "commits; sets the path again after each COMMIT",
}
PIN: Final = "set local search_path = pg_catalog, pg_temp"
WIDTH: Final = 120
BODY_LINES: Final = 93  # 80 is what we aim for
VOLATILE: Final = frozenset(
    {"clock_timestamp", "timeofday", "random", "random_normal", "gen_random_uuid", "uuidv4", "uuidv7"}
    | {"nextval", "currval", "lastval", "setval", "set_config", "pg_sleep"}
)
_ALONGSIDE = (ast.CommentStmt, ast.GrantStmt, ast.CreateTrigStmt)
_IN_TABLES = (
    *(ast.CreateStmt, ast.CreateSeqStmt, ast.CompositeTypeStmt, ast.CreateEnumStmt, ast.CreateDomainStmt),
    ast.IndexStmt,
    *(ast.InsertStmt, ast.CommentStmt, ast.GrantStmt),
)


def rule(check: Rule) -> Rule:
    """Register a rule."""
    RULES.append(check)
    return check


@rule
def known_domain(file: SqlFile, tree: Tree) -> Iterator[str]:
    """A newcomer who knows the ten domain words knows where everything is; one folder a stage, no deeper."""
    parts = PurePosixPath(file.name).parts
    if len(parts) not in (2, 3) or parts[0] not in sources.DOMAINS or (len(parts) == 3 and file.is_tables):
        yield f"not in a folder named {', '.join(sources.DOMAINS)}, or one below it"


@rule
def parses(file: SqlFile, tree: Tree) -> Iterator[str]:
    """Bodies are strings to the server until they run; what is no SQL must not wait for that."""
    try:
        file.queries  # noqa: B018  (parsed when asked for)
    except (ParseError, ValueError) as error:
        yield str(error)


@rule
def one_object(file: SqlFile, tree: Tree) -> Iterator[str]:
    """A routine or view is found by its file's name, and a revision freezes it alone."""
    if file.is_tables:
        return
    created = []
    for statement in file.statements:
        if isinstance(statement, ast.CreateFunctionStmt):
            created.append(dotted(statement.funcname))
        elif isinstance(statement, ast.ViewStmt):
            created.append(f"{statement.view.schemaname}.{statement.view.relname}")
        elif isinstance(statement, ast.AlterTableStmt) and all(
            command.subtype == AlterTableType.AT_EnableAlwaysTrig for command in statement.cmds
        ):
            continue  # its own trigger, which no session may turn off
        elif not isinstance(statement, _ALONGSIDE):
            yield f"holds a {type(statement).__name__}"
    if created != [f"{file.schema}.{file.stem}"]:
        yield f"creates {', '.join(created) or 'nothing'} instead of {file.schema}.{file.stem}"


@rule
def no_overload(file: SqlFile, tree: Tree) -> Iterator[str]:
    """A call names one routine, and drop, comment and revoke need no argument list to find it."""
    if not file.is_tables and tree.stems[file.stem] > 1:
        yield f"another file creates {file.stem} too, here or in the other schema"


@rule
def tables_alone(file: SqlFile, tree: Tree) -> Iterator[str]:
    """A file of tables shows the result of all migrations: no alter, no routine, nothing conditional."""
    if not file.is_tables:
        return
    for statement in file.statements:
        if not isinstance(statement, _IN_TABLES):
            yield f"holds a {type(statement).__name__}"
        elif getattr(statement, "if_not_exists", False):
            yield "says IF NOT EXISTS"


@rule
def replaceable(file: SqlFile, tree: Tree) -> Iterator[str]:
    """A revision runs a changed file again; without OR REPLACE it would fail on what is there."""
    for statement in file.statements:
        replaced = (ast.CreateFunctionStmt, ast.ViewStmt, ast.CreateTrigStmt)
        if isinstance(statement, replaced) and not statement.replace:
            yield f"{type(statement).__name__} without OR REPLACE"


@rule
def header(file: SqlFile, tree: Tree) -> Iterator[str]:
    """What it does, touches, locks and raises is read before the code, always in one place."""
    subject = f"{file.schema}.{file.stem}{_place(file, tree)}:"
    if file.is_tables:
        subject = f"pydb {PurePosixPath(file.name).parts[0]} tables:"
    if not 3 <= len(file.header) <= 6:
        yield f"header has {len(file.header)} lines"
    elif not " ".join(file.header).startswith(f"{subject} "):
        yield f"header does not begin with {subject}"
    elif not file.is_tables:
        for words in ("reads|writes", "raises"):
            if not any(re.match(rf"({words})\b", line) for line in file.header[1:]):
                yield f"header has no line of what it {words.replace('|', ' or ')}"
        if not re.search(r"\blocks\b", " ".join(file.header)):
            yield "header does not say what it locks"


def _place(file: SqlFile, tree: Tree) -> str:
    """What the header of a private routine says of its place: the stage, and who calls it if that is one.

    A reader of the routine is told from where he comes, and which folder he is in.
    """
    if not file.is_private:
        return ""
    stage = PurePosixPath(file.name).parent.name
    callers, modules = tree.callers(file.stem), tree.modules(file.stem)
    if "returns trigger" in file.text:
        return f" ({stage}; trigger)"
    if len(callers) == 1 and not modules:
        return f" ({stage}; by {next(iter(callers))})"
    if len(modules) == 1 and not callers:
        return f" ({stage}; for {next(iter(modules))})"
    return f" ({stage})"


@rule
def header_names_errors(file: SqlFile, tree: Tree) -> Iterator[str]:
    """Callers read the header: each code raised here is in it, and none that nothing below raises."""
    if file.routine is None:
        return
    if missing := file.raised - file.header_codes:
        yield f"raises {', '.join(sorted(missing))}, the header does not say so"
    known = set(file.raised)
    for name in {file.stem, *tree.reachable(file.stem)}:
        known |= tree.routines[name].raised
        # a walk carries the code of what stopped it, and its caller raises that
        known |= set(re.findall(r"\.sqlstate := '(YD\d{3})'", tree.routines[name].body))
    if "run_series" in tree.reachable(file.stem) | {file.stem}:
        known |= tree.kind_codes  # a run that ends badly raises the code of its kind
    if invented := file.header_codes - known:
        yield f"the header names {', '.join(sorted(invented))}, which nothing it calls raises"


@rule
def errors_are_complete(file: SqlFile, tree: Tree) -> Iterator[str]:
    """A user needs to know what happened (message), with which values (detail), what to type next (hint)."""
    for found in nodes(file.plpgsql, "PLpgSQL_stmt_raise"):
        options = {option["opt_type"] for option in nodes(found.get("options", []), "PLpgSQL_raise_option")}
        if "message" in found:
            options.add(1)
        again = not options and "condname" not in found
        if found["elog_level"] == 21 and not again and (lacks := {0, 1, 2, 3} - options):
            names = ("errcode", "message", "detail", "hint")
            missing = ", ".join(names[number] for number in sorted(lacks))
            yield f"line {found['lineno']} of the body: raise without {missing}"


@rule
def hints_can_be_typed(file: SqlFile, tree: Tree) -> Iterator[str]:
    """The next command stands in the hint with the caller's own arguments, not with dots in their place."""
    for found in nodes(file.plpgsql, "PLpgSQL_stmt_raise"):
        for option in nodes(found.get("options", []), "PLpgSQL_raise_option"):
            if option["opt_type"] == 3 and re.search(r"…|\.\.\.", str(option["expr"])):
                yield f"line {found['lineno']} of the body: a hint that nobody can type"


@rule
def commented(file: SqlFile, tree: Tree) -> Iterator[str]:
    r"""COMMENT ON is the documentation that \\df+ and \\d+ show; every object and every column has one."""
    said = set()
    for statement in file.statements:
        if isinstance(statement, ast.CommentStmt) and statement.comment:
            target = statement.object
            names = getattr(target, "objname", None) or getattr(target, "names", None) or target
            said.add(dotted(names))
    for name in _created(file):
        if name not in said:
            yield f"no COMMENT ON {name}"


def _qualified(relation: ast.Node) -> str:
    return f"{relation.schemaname}.{relation.relname}"


def _created(file: SqlFile) -> Iterator[str]:
    """Yield the names of created objects and of columns of tables."""
    for statement in file.statements:
        match statement:
            case ast.CreateFunctionStmt():
                yield dotted(statement.funcname)
            case ast.ViewStmt():
                yield _qualified(statement.view)
            case ast.CompositeTypeStmt():
                yield _qualified(statement.typevar)
            case ast.CreateEnumStmt():
                yield dotted(statement.typeName)
            case ast.CreateDomainStmt():
                yield dotted(statement.domainname)
            case ast.CreateStmt():
                yield _qualified(statement.relation)
                for element in statement.tableElts:
                    if isinstance(element, ast.ColumnDef):
                        yield f"{_qualified(statement.relation)}.{element.colname}"


@rule
def revoked_from_public(file: SqlFile, tree: Tree) -> Iterator[str]:
    """PUBLIC may execute every new routine; the file that makes an object takes that back."""
    revoked = set()
    for statement in file.statements:
        if not isinstance(statement, ast.GrantStmt) or statement.is_grant or statement.privileges is not None:
            continue
        if any(is_public(role) for role in statement.grantees):
            for found in statement.objects:
                routine = isinstance(found, ast.ObjectWithArgs)
                revoked.add(dotted(found.objname) if routine else _qualified(found))
    for statement in file.statements:
        match statement:
            case ast.CreateFunctionStmt():
                name = dotted(statement.funcname)
            case ast.ViewStmt():
                name = _qualified(statement.view)
            case ast.CreateStmt():
                name = _qualified(statement.relation)
            case _:
                continue
        if name not in revoked:
            yield f"no REVOKE ALL ON {name} FROM PUBLIC"


@rule
def nothing_granted(file: SqlFile, tree: Tree) -> Iterator[str]:
    """Whom to trust is the administrator's decision: ops/postgresql/roles.sql, never a migration."""
    for statement in file.statements:
        if isinstance(statement, ast.GrantStmt) and statement.is_grant:
            yield "grants something"


@rule
def pinned_search_path(file: SqlFile, tree: Tree) -> Iterator[str]:
    """Under a caller's search_path an operator or function of his could stand in for the server's."""
    if file.routine is None:
        return
    path = file.settings.get("search_path")
    if file.stem in NO_SEARCH_PATH:
        if path is not None:
            yield "sets search_path: take it off the list of routines that cannot"
    elif path != "pg_catalog, pg_temp":
        yield f"search_path is {path}, not pg_catalog, pg_temp"


@rule
def pinned_after_commit(file: SqlFile, tree: Tree) -> Iterator[str]:
    """COMMIT undoes SET LOCAL: until it is set again, operators are looked up on the caller's search_path."""
    committing = tree.committing
    for block in blocks(file.plpgsql):
        for place, statement in enumerate(block):
            text = str(statement)
            called = "PLpgSQL_stmt_call" in statement and any(f".{name}(" in text for name in committing)
            if "PLpgSQL_stmt_commit" not in statement and not called:
                continue
            following = [str(other) for other in block[place + 1 : place + 3]]
            ends = all("PLpgSQL_stmt_return" in other for other in following)
            if not ends and not any(PIN in other for other in following):
                yield f"a COMMIT is not followed by: {PIN}"


@rule
def definer_says_why(file: SqlFile, tree: Tree) -> Iterator[str]:
    """SECURITY DEFINER lends the owner's rights to who may call: each use is justified where it stands."""
    if file.is_definer and not re.search(r"^security definer -- \S.{5,}$", file.text, re.MULTILINE):
        yield "security definer without its reason on that line"


@rule
def no_atomic_body_on_ours(file: SqlFile, tree: Tree) -> Iterator[str]:
    """A BEGIN ATOMIC body depends on what it calls, so a later revision could not drop or replace that."""
    body = file.routine.sql_body if file.routine is not None else None
    for node in walk(body):
        if isinstance(node, ast.FuncCall) and is_ours(node):
            yield f"BEGIN ATOMIC calls {dotted(node.funcname)}"


@rule
def short_body(file: SqlFile, tree: Tree) -> Iterator[str]:
    """No tool formats or measures a body; one that fits a screen can be reviewed."""
    length = len(file.body.strip().splitlines())
    if length > BODY_LINES:
        yield f"body has {length} lines"


@rule
def plain_layout(file: SqlFile, tree: Tree) -> Iterator[str]:
    """sqlfluff does not look into bodies; width, tabs and line ends hold there as elsewhere."""
    for number, line in enumerate(file.text.split("\n"), start=1):
        if len(line) > WIDTH:
            yield f"line {number} has {len(line)} columns"
        if "\t" in line or "\r" in line or line != line.rstrip():
            yield f"line {number} has a tab or blanks at its end"
    if not file.text.endswith("\n") or file.text.endswith("\n\n"):
        yield "does not end with one line end"


@rule
def lower_case(file: SqlFile, tree: Tree) -> Iterator[str]:
    """One way to write a word makes the sources searchable; sqlfluff sees to it outside of bodies only."""
    for text in (file.text, file.body):
        for token in scan(text):
            word = text[token.start : token.end + 1]
            if token.kind != "NO_KEYWORD" and word != word.lower():
                yield f"{word} is not in lower case"


@rule
def prefixed_names(file: SqlFile, tree: Tree) -> Iterator[str]:
    """A parameter or variable named like a column is taken for it, or the other way round."""
    for parameter in (file.routine.parameters or ()) if file.routine is not None else ():
        if parameter.mode in INPUT_MODES and not (parameter.name or "").startswith("p_"):
            yield f"parameter {parameter.name} without p_"
    outputs = {p.name for p in (file.routine.parameters or ())} if file.routine is not None else set()
    loops = {str(v.get("refname")) for loop in nodes(file.plpgsql, "PLpgSQL_stmt_fori")
             for v in nodes(loop.get("var", {}), "PLpgSQL_var")}  # fmt: skip
    for kind in ("PLpgSQL_var", "PLpgSQL_rec"):
        for variable in nodes(file.plpgsql, kind):
            name = str(variable["refname"])
            known = name in outputs | loops | {"found", "sqlstate", "sqlerrm", "(unnamed row)", "new", "old"}
            if not known and not name.startswith(("v_", "c_", "p_", "tg_", "__")):
                yield f"variable {name} without v_ or c_"


@rule
def no_volatile_condition(file: SqlFile, tree: Tree) -> Iterator[str]:
    """A volatile function in a condition is called for each row and keeps an index from being used."""
    for query in file.queries:
        for node in walk(query):
            conditions = [getattr(node, name, None) for name in ("whereClause", "havingClause", "quals")]
            for call in walk([condition for condition in conditions if condition is not None]):
                if not isinstance(call, ast.FuncCall):
                    continue
                name = call.funcname[-1].sval
                if name in (tree.volatile if is_ours(call) else VOLATILE):
                    yield f"{name} is volatile and stands in a condition"
