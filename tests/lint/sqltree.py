"""The SQL sources as syntax trees, PL/pgSQL bodies too: what the structure rules look at."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pglast import ast, parse_plpgsql, parse_sql
from pglast.enums.parsenodes import FunctionParameterMode, RoleSpecType
from pglast.parser import ParseError, scan

from pydb import sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The parser of PL/pgSQL knows the types of pg_catalog alone; a row of ours has fields like any record.
_OWN_TYPE = re.compile(
    r"(\b[pvc]_\w+(?: constant)?|\bout \w+|^returns(?: setof)?|^returns table \(.*\b\w+)"
    r" pydb(?:_internal)?\.\w+(\[\])?",
    re.MULTILINE,
)
# It drops the initial value of a record.
_INITIAL = re.compile(
    r"^ +v_\w+ (?:constant )?(?:pydb(?:_internal)?\.\w+|record) := (.*?);$", re.MULTILINE | re.DOTALL
)
_CODE = re.compile(r"\b(YD\d{3})\b")
_KIND = re.compile(r"\.kind := '(\w+)'")
_DRAFT = re.compile(r"\bdraft_add\(\s*'(\w+)'")
# hooks that every kind of runs has, and the one that some have
HOOKS = ("open", "turn", "evade", "terms")
BLOCKS = frozenset({"body", "then_body", "else_body", "else_stmts", "stmts", "action"})
INPUT_MODES = frozenset(
    {
        FunctionParameterMode.FUNC_PARAM_DEFAULT,
        FunctionParameterMode.FUNC_PARAM_IN,
        FunctionParameterMode.FUNC_PARAM_INOUT,
        FunctionParameterMode.FUNC_PARAM_VARIADIC,
    }
)


def without_own_types(text: str) -> str:
    """Replace pydb's row types in declarations by ``record``, arrays of them by ``text[]``; lines stay."""
    return _OWN_TYPE.sub(lambda found: f"{found[1]} {'text[]' if found[2] else 'record'}", text)


def walk(node: object) -> Iterator[ast.Node]:
    """Yield every node of a tree, the root first."""
    if isinstance(node, ast.Node):
        yield node
        for name in node:
            yield from walk(getattr(node, name))
    elif isinstance(node, (tuple, list)):
        for item in node:
            yield from walk(item)


def dotted(names: Iterable[ast.Node]) -> str:
    """Join the parts of a qualified name."""
    return ".".join(part.sval for part in names)


def is_ours(call: ast.Node) -> bool:
    """Whether a function call names a routine of pydb."""
    return len(call.funcname) > 1 and call.funcname[0].sval in sources.SCHEMAS


def _qualified(relation: ast.Node) -> str:
    return f"{relation.schemaname}.{relation.relname}"


def blocks(tree: object) -> Iterator[list[dict[str, dict[str, object]]]]:
    """Yield every list of statements in a PL/pgSQL tree, outer ones first."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if isinstance(value, list) and key in BLOCKS:
                yield value
            yield from blocks(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from blocks(item)


def nodes(tree: object, kind: str) -> Iterator[dict[str, object]]:
    """Yield the PL/pgSQL nodes of one kind, such as ``PLpgSQL_stmt_raise``."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key == kind and isinstance(value, dict):
                yield value
            yield from nodes(value, kind)
    elif isinstance(tree, list):
        for item in tree:
            yield from nodes(item, kind)


def parse_expression(query: str) -> tuple[ast.Node, ...]:
    """Parse what PL/pgSQL hands to SQL: a statement, an expression, or an assignment with its target."""
    for attempt in (query, f"select {query}", f"select {re.split(':?=', query, maxsplit=1)[-1]}"):
        try:
            return tuple(raw.stmt for raw in parse_sql(attempt))
        except ParseError:
            continue
    raise ValueError(f"cannot parse {query!r}")


@dataclass(frozen=True)
class SqlFile:
    """One file below ``sql/``; ``name`` is its path from there."""

    name: str
    text: str

    @cached_property
    def stem(self) -> str:
        """Name of the object that the file must hold."""
        return PurePosixPath(self.name).stem

    @property
    def is_private(self) -> bool:
        """Whether it lies in a folder below its domain's: nothing but pydb itself may call it."""
        return len(PurePosixPath(self.name).parts) > 2

    @property
    def schema(self) -> str:
        """Schema that the object must be in."""
        return "pydb_internal" if self.is_private else "pydb"

    @property
    def is_tables(self) -> bool:
        """Whether it is a domain's ``_tables.sql``."""
        return PurePosixPath(self.name).name == sources.TABLES

    @cached_property
    def header(self) -> list[str]:
        """Comment lines that the file begins with, without their dashes."""
        lines = []
        for line in self.text.splitlines():
            if not line.startswith("--"):
                break
            lines.append(line.removeprefix("--").strip())
        return lines

    @cached_property
    def header_codes(self) -> frozenset[str]:
        """Error codes that the header says are raised."""
        return frozenset(_CODE.findall(" ".join(self.header).partition("raises")[2]))

    @cached_property
    def statements(self) -> tuple[ast.Node, ...]:
        """Statements of the file."""
        return tuple(raw.stmt for raw in parse_sql(self.text))

    @cached_property
    def routine(self) -> ast.Node | None:
        """The CREATE FUNCTION or CREATE PROCEDURE, if there is one."""
        return next((s for s in self.statements if isinstance(s, ast.CreateFunctionStmt)), None)

    def option(self, name: str) -> object:
        """One clause of the routine: ``language``, ``volatility``, ``security``, ``as``; None if absent."""
        options = self.routine.options if self.routine is not None else ()
        return next((option.arg for option in options if option.defname == name), None)

    @property
    def language(self) -> str:
        """Language of the routine; empty for a file without one."""
        return getattr(self.option("language"), "sval", "")

    @property
    def is_volatile(self) -> bool:
        """Whether the routine is neither stable nor immutable."""
        volatility = getattr(self.option("volatility"), "sval", "volatile")
        return self.routine is not None and volatility == "volatile"

    @property
    def is_definer(self) -> bool:
        """Whether the routine runs with its owner's rights."""
        return bool(getattr(self.option("security"), "boolval", False))

    @cached_property
    def settings(self) -> dict[str, str]:
        """SET clauses of the routine."""
        found = {}
        for option in self.routine.options if self.routine is not None else ():
            if option.defname == "set":
                values = [getattr(arg.val, "sval", str(arg.val)) for arg in option.arg.args or ()]
                found[option.arg.name] = ", ".join(values)
        return found

    @cached_property
    def body(self) -> str:
        """Text between the dollar quotes; empty for what has none."""
        source = self.option("as")
        return "" if source is None else str(source[0].sval)  # type: ignore[index]

    @cached_property
    def plpgsql(self) -> list[dict[str, object]]:
        """PL/pgSQL tree of the body; empty for another language."""
        if self.language != "plpgsql":
            return []
        return list(parse_plpgsql(without_own_types(self.text.partition("\ncomment on ")[0])))

    @cached_property
    def queries(self) -> tuple[ast.Node, ...]:
        """Every static SQL statement and expression: of the body, and the file's own (views)."""
        found = [s for s in self.statements if s is not self.routine]
        if self.language == "sql" and self.body:
            found += [raw.stmt for raw in parse_sql(self.body)]
        initial = _INITIAL.findall(self.body) if self.plpgsql else []
        for expression in initial:
            found += parse_expression(expression)
        for expression in nodes(self.plpgsql, "PLpgSQL_expr"):
            found += parse_expression(str(expression["query"]))
        return tuple(found)

    @cached_property
    def raised(self) -> frozenset[str]:
        """Error codes in the errcode options of the body's RAISE statements."""
        return frozenset(
            code
            for option in nodes(self.plpgsql, "PLpgSQL_raise_option")
            if option["opt_type"] == 0
            for expression in nodes(option, "PLpgSQL_expr")
            for code in _CODE.findall(str(expression["query"]))
        )

    @cached_property
    def calls(self) -> frozenset[str]:
        """Routines of pydb that the body calls, without the schema; what stands in a string is no call."""
        words = [self.body[token.start : token.end + 1] for token in scan(self.body)]
        fours = zip(words, words[1:], words[2:], words[3:], strict=False)
        named = {
            name
            for schema, dot, name, paren in fours
            if schema in sources.SCHEMAS and f"{dot}{paren}" == ".("
        }
        # the run engine finds the hooks of a kind by its name: who starts a run of a kind calls them
        hooks = {f"{kind}_{hook}" for kind in self.kinds for hook in HOOKS}
        # and the trigger of drafts finds what checks a kind: who adds one calls it
        return frozenset(named | hooks | {f"{kind}_vet" for kind in _DRAFT.findall(self.body)})

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of runs that the routine starts."""
        return frozenset(_KIND.findall(self.body))

    @cached_property
    def calls_of_view(self) -> frozenset[str]:
        """Routines of pydb that a view calls, with the rights of whoever reads it."""
        return frozenset(
            node.funcname[-1].sval
            for statement in self.statements
            if isinstance(statement, ast.ViewStmt)
            for node in walk(statement)
            if isinstance(node, ast.FuncCall) and is_ours(node)
        )

    @cached_property
    def touches(self) -> frozenset[tuple[str, str]]:
        """Tables of pydb (with their schema) that the body's static SQL uses, and the privilege it needs."""
        written = {ast.InsertStmt: "INSERT", ast.UpdateStmt: "UPDATE", ast.DeleteStmt: "DELETE"}
        found = set()
        for query in self.queries if self.routine is not None else ():
            if isinstance(query, (ast.CommentStmt, ast.GrantStmt, ast.CreateTrigStmt)):
                continue
            targets = set()
            for node in walk(query):
                if type(node) in written and node.relation.schemaname in sources.SCHEMAS:
                    found.add((_qualified(node.relation), written[type(node)]))
                    targets.add(id(node.relation))
                elif (
                    isinstance(node, ast.RangeVar)
                    and node.schemaname in sources.SCHEMAS
                    and id(node) not in targets
                ):
                    found.add((_qualified(node), "SELECT"))
        return frozenset(found)

    def rows(self, table: str) -> Iterator[dict[str, object]]:
        """Rows that a file of tables inserts into one of pydb's tables, by column; constants only."""
        for statement in self.statements if self.is_tables else ():
            if isinstance(statement, ast.InsertStmt) and statement.relation.relname == table:
                columns = [target.name for target in statement.cols]
                for values in statement.selectStmt.valuesLists or ():
                    constants = [getattr(getattr(value, "val", None), "sval", None) for value in values]
                    yield dict(zip(columns, constants, strict=True))

    @cached_property
    def commits(self) -> bool:
        """Whether the routine commits itself."""
        words = [self.body[token.start : token.end + 1] for token in scan(self.body)]
        return ("commit", ";") in pairwise(words)


@dataclass(frozen=True)
class Tree:
    """All files below ``sql/``, by the name of their object; ``_tables.sql`` by path."""

    files: tuple[SqlFile, ...]

    @cached_property
    def stems(self) -> Counter[str]:
        """How many files, those of tables among them, have a name."""
        return Counter(file.stem for file in self.files)

    @cached_property
    def routines(self) -> dict[str, SqlFile]:
        """Files of routines by the routine's name."""
        return {file.stem: file for file in self.files if file.routine is not None}

    @cached_property
    def volatile(self) -> frozenset[str]:
        """Names of pydb's volatile routines."""
        return frozenset(name for name, file in self.routines.items() if file.is_volatile)

    @cached_property
    def hooks(self) -> dict[str, frozenset[str]]:
        """Routines that a routine calls by a name in a row that a domain brings along."""
        named = {
            str(row["subjects"]).rpartition(".")[2]
            for file in self.files
            for row in file.rows("schedule_source")
            if row.get("subjects")
        }
        return {"schedule_subjects": frozenset(named)}

    def calls(self, name: str) -> frozenset[str]:
        """Routines that a routine calls itself; ``insert into pydb.t (…)`` looks like a call and is none."""
        return (self.routines[name].calls | self.hooks.get(name, frozenset())) & self.routines.keys()

    @cached_property
    def _callers(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for name in self.routines:
            for other in self.calls(name) - {name}:
                found.setdefault(other, set()).add(name)
        for file in self.files:
            if file.routine is None:
                for other in file.calls_of_view:
                    found.setdefault(other, set()).add(file.stem)
        return found

    @cached_property
    def committing(self) -> frozenset[str]:
        """Procedures that commit, or call one that does."""
        found = {name for name, file in self.routines.items() if file.commits}
        while more := {
            name for name, file in self.routines.items() if name not in found and file.calls & found
        }:
            found |= more
        return frozenset(found)

    @cached_property
    def _inserted(self) -> str:
        tables = "".join(file.text for file in self.files if file.is_tables)
        return "".join(re.findall(r"insert into pydb_internal\.run_kind .*?;\n", tables, re.DOTALL))

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Kinds of runs, as the files of tables contribute them to ``run_kind``."""
        return frozenset(re.findall(r"^\('(\w+)'", self._inserted, re.MULTILINE))

    @cached_property
    def kind_codes(self) -> frozenset[str]:
        """Codes that a run raises at its end, by its kind."""
        tables = "".join(file.text for file in self.files if file.is_tables)
        defaults = re.findall(r"(?:failed|blocked) text not null default '(YD\d{3})'", tables)
        return frozenset(_CODE.findall(self._inserted)) | frozenset(defaults)

    def callers(self, name: str) -> frozenset[str]:
        """Routines and views that call a routine themselves."""
        return frozenset(self._callers.get(name, ()))

    def modules(self, name: str) -> frozenset[str]:
        """Modules of the package that call a private routine, as paths of the checkout."""
        return frozenset(_modules().get(name, ()))

    def reachable(self, start: str, *, through_definer: bool = True) -> frozenset[str]:
        """Routines that a routine calls, directly or not; ``through_definer`` off: only with its rights."""
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            name = waiting.pop()
            if self.routines[name].is_definer and not through_definer:
                continue
            new = self.calls(name) - seen
            seen |= new
            waiting += new
        return frozenset(seen)


@cache
def _modules() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    package = sources.package_dir()
    for path in package.rglob("*.py"):
        # a routine that a module calls is a string of its own; these have SQL text
        text = path.read_text("utf-8")
        names = set(re.findall(r'"pydb_internal\.(\w+)"', text))
        if path.name in ("db.py", "reads.py", "revision.py"):
            names |= set(re.findall(r"\bpydb_internal\.(\w+)\(", text))
        for name in names:
            found.setdefault(name, set()).add(path.relative_to(package.parent).as_posix())
    return found


@cache
def read() -> Tree:
    """Parse the living sources, once for all that ask."""
    root = sources.sql_dir()
    return Tree(
        tuple(
            SqlFile(path.relative_to(root).as_posix(), path.read_text("utf-8"))
            for path in sorted(root.rglob("*.sql"))
        )
    )


def is_public(role: ast.Node) -> bool:
    """Whether a grantee is PUBLIC."""
    return bool(role.roletype == RoleSpecType.ROLESPEC_PUBLIC)
