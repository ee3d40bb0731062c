"""The judge: PostgreSQL's own cascade against pydb's, on the same rows, in savepoints of one transaction.

One side calls ``cascade_plan`` and ``cascade_delete``; its contents are read and taken back. The other side
runs a plain DELETE. With choices, the keys of the other side are made anew with the chosen actions first.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self, TypeAlias

import psycopg
from psycopg.rows import class_row

from tests.cascade.shapes import KeyValue, arguments, condition, literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

# relation → its rows as text, each with the partition that holds it
Contents: TypeAlias = dict[str, Counter[str]]

BLOCKED: Final = "YD302"

# SET CONSTRAINTS in an inner savepoint outlives the outer one, unless the outer one has set some, too
MARK: Final = "set constraints judge.marked immediate"
SETUP: Final = """
set client_min_messages = warning;
vacuum pg_class, pg_attribute, pg_constraint, pg_trigger, pg_depend, pg_index, pg_type;
create schema if not exists judge;
create table if not exists judge.mark (n int constraint marked unique deferrable)"""
# takes back what a script made; schemas stay where they can: one that goes or comes makes the session plan
# all of pydb anew
CLEAR: Final = """
do $$
declare
    v_ours constant name[] := '{pydb,pydb_archive,pydb_internal,judge,information_schema}';
    v_script text;
begin
    select string_agg(format('drop extension %I cascade', e.extname), '; ') into v_script
    from pg_extension as e where e.extname <> 'plpgsql';
    execute coalesce(v_script, '');
    select string_agg(
        format(
            'drop %s if exists %s cascade',
            case o.type when 'composite type' then 'type' else o.type end,
            o.identity
        ),
        '; '
    ) into v_script
    from pg_namespace as n
    inner join pg_depend as d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = n.oid
    cross join lateral pg_identify_object(d.classid, d.objid, d.objsubid) as o
    where n.nspname <> all(v_ours) and n.nspname !~ '^pg_'
        and o.type in (
            'aggregate', 'composite type', 'function', 'procedure', 'sequence', 'table', 'type', 'view'
        );
    execute coalesce(v_script, '');
    for v_script in
        select format('drop schema %1$I cascade; create schema %1$I', n.nspname) from pg_namespace as n
        where n.nspname <> all(v_ours) and n.nspname !~ '^pg_'
            and exists (
                select from pg_depend where refclassid = 'pg_namespace'::regclass and refobjid = n.oid
            )
    loop
        execute v_script;
    end loop;
end $$"""

TABLES: Final = """
select format('%I.%I', n.nspname, c.relname), c.relkind = 'r'
from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition
    and n.nspname not in ('pydb', 'pydb_archive', 'pydb_internal', 'judge', 'information_schema')
    and n.nspname !~ '^pg_'
order by c.oid"""
# references as declared: name, and the statements that drop one and make it anew around "on delete …"
REFERENCES: Final = """
select
    format('%I.%I.%I', n.nspname, c.relname, k.conname) as name,
    k.confdeltype::text as action,
    format('alter table %I.%I drop constraint %I', n.nspname, c.relname, k.conname) as gone,
    format(
        'alter table %I.%I add constraint %I foreign key (%s) references %s (%s)%s',
        n.nspname, c.relname, k.conname,
        (select string_agg(format('%I', a.attname), ', ' order by u.o)
            from unnest(k.conkey) with ordinality as u (n, o)
            join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.n),
        k.confrelid::regclass,
        (select string_agg(format('%I', a.attname), ', ' order by u.o)
            from unnest(k.confkey) with ordinality as u (n, o)
            join pg_attribute as a on a.attrelid = k.confrelid and a.attnum = u.n),
        case k.confmatchtype when 'f' then ' match full' else '' end
    ) as head,
    coalesce((select ' (' || string_agg(format('%I', a.attname), ', ') || ')'
        from pg_attribute as a
        where a.attrelid = k.conrelid and a.attnum = any(k.confdelsetcols)), '') as only,
    case when k.condeferred then ' deferrable initially deferred' when k.condeferrable then ' deferrable'
        else '' end as timing,
    case when k.convalidated then '' else ' not valid' end as validity
from pg_constraint as k
join pg_class as c on c.oid = k.conrelid
join pg_namespace as n on n.oid = c.relnamespace
where k.contype = 'f' and k.conparentid = 0 and n.nspname not in ('pydb', 'pydb_archive', 'pydb_internal')
order by k.oid"""
LETTERS: Final = {"c": "cascade", "n": "set null", "d": "set default", "a": "no action", "r": "restrict"}
DEFERRED: Final = "no action deferrable initially deferred"


@dataclass(frozen=True)
class Reference:
    """One foreign key as the catalog has it."""

    name: str
    action: str
    gone: str
    head: str
    only: str
    timing: str
    validity: str

    def anew(self, choices: Mapping[str, str]) -> str:
        """The statement that makes the key with the action that the choices give it."""
        own = LETTERS[self.action]
        choice = choices.get(self.name)
        if choice is None and own in ("no action", "restrict"):
            choice = choices.get("*", "block")
        setting = {"nullify": "set null", "default": "set default"}
        if choice == "block":
            return f"{self.head} on delete {DEFERRED}{self.validity}"
        action = "cascade" if choice == "delete" else setting.get(choice or "", own)
        only = self.only if action in setting.values() else ""
        return f"{self.head} on delete {action}{only}{self.timing}{self.validity}"


@dataclass(frozen=True)
class PlanRow:
    """One row of ``pydb.cascade_plan``, or of ``pydb.cascade_delete`` with the rows that went."""

    step: int
    depth: int
    relation: str
    via: str | None
    action: str
    rows: int
    indexed: bool | None
    warning: str | None
    parent: str | None
    kind: str | None
    on_delete: str | None
    matched: int
    cure: str | None
    order_dependent: bool
    done: int | None
    codes: list[str] = field(hash=False)


@dataclass(frozen=True)
class Side:
    """What one side ended with: its contents, or the SQLSTATE and message of its refusal."""

    contents: Contents | None
    refusal: str | None = None
    message: str = ""
    rows: Sequence[PlanRow] = ()


@dataclass(frozen=True)
class Verdict:
    """What both sides agree on: the plan, whether it was refused, and what became of the rows.

    ``order_dependent``: the plan says that only doing it shows what comes of it; ``as_planned``: it held.
    """

    plan: Sequence[PlanRow]
    refusal: str | None
    gone: Mapping[str, int] = field(default_factory=dict)
    changed: Mapping[str, int] = field(default_factory=dict)
    order_dependent: bool = False

    @property
    def as_planned(self) -> bool:
        if self.refusal:
            return bool(self.blocks)
        return not self.blocks and not _check_sums("", {row: row.rows for row in self.plan}, self)

    @property
    def blocks(self) -> set[str]:
        """References that the plan calls blocked."""
        return {row.via or "" for row in self.plan if row.action == "blocked"}


class Bench:
    """One database in which many schemas are made and taken back."""

    # a session remembers each key that it ever checked, and slows down; the catalogs swell likewise
    turn: Final = 25

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._cases = 0
        self._db: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._db is not None:
            self._db.close()

    @contextlib.contextmanager
    def schema(self, script: str) -> Iterator[Connection]:
        """Make what the script says, and drop it at the end.

        The script is committed: PostgreSQL checks all keys of a row that the same transaction made.
        """
        if self._db is None or self._cases % self.turn == 0:
            if self._db is not None:
                self._db.close()
            self._db = psycopg.connect(self._dsn, autocommit=True)
            for statement in SETUP.split(";"):
                self._db.execute(statement.encode())
        self._cases += 1
        try:
            self._db.execute(script.encode())
            with self._db.transaction(force_rollback=True):
                yield self._db
        finally:
            self._db.execute(CLEAR.encode())


class Court:
    """Judges one root of one schema, which is there in the open transaction of ``db``."""

    def __init__(self, db: Connection, path: str, keys: list[dict[str, KeyValue]]) -> None:
        self.db = db
        self.path = path
        self.keys = keys
        self._snapshot = " union all ".join(
            f"""select {literal(name)}, "~".tableoid::regclass::text || ' ' || "~"::text
            from {"only " if is_plain else ""}{name} as "~" """
            for name, is_plain in db.execute(TABLES.encode())
        )
        with db.cursor(row_factory=class_row(Reference)) as cursor:
            self.references = cursor.execute(REFERENCES.encode()).fetchall()
        self.before = self._contents()

    def all_delete(self) -> dict[str, str]:
        """The choices that take every key for ON DELETE CASCADE."""
        return {"*": "delete", **{reference.name: "delete" for reference in self.references}}

    def judge(self, choices: Mapping[str, str] | None = None, *, lenient: bool = False) -> Verdict:
        """Compare both sides, and the plan with what went.

        ``lenient`` leaves refusals aside: PostgreSQL looks at rows that are about to go, pydb, told what to
        do with them, does not: then pydb is held to its plan, and to PostgreSQL where both delete.

        Raises:
            AssertionError: they differ; the text shows the plan and both ends.
        """
        plan = self._plan(choices)
        ours = self._ours(choices)
        theirs = self._theirs(choices)
        truth = ours if lenient else theirs
        gone, changed = self._counts(truth)
        dependent = any(row.order_dependent for row in plan)
        verdict = Verdict(plan, truth.refusal, gone, changed, dependent)
        complaints = [*_check_steps(plan), *_check_blocks(verdict), *_check_rows(ours, verdict)]
        if not lenient or (ours.refusal is None and theirs.refusal is None):
            complaints += _compare(ours, theirs)
        if complaints:
            raise AssertionError(_report(complaints, choices, plan, ours, theirs))
        return verdict

    def _plan(self, choices: Mapping[str, str] | None) -> list[PlanRow]:
        with self.db.cursor(row_factory=class_row(PlanRow)) as cursor:
            call = f"select * from pydb.cascade_plan({arguments(self.path, self.keys, choices)})"
            return cursor.execute(call.encode()).fetchall()

    def _ours(self, choices: Mapping[str, str] | None) -> Side:
        call = f"select * from pydb.cascade_delete({arguments(self.path, self.keys, choices)})"
        try:
            with (
                self.db.transaction(force_rollback=True),
                self.db.cursor(row_factory=class_row(PlanRow)) as cursor,
            ):
                self.db.execute(MARK.encode())
                rows = cursor.execute(call.encode()).fetchall()
                return Side(self._contents(), rows=rows)
        except psycopg.Error as error:
            return _refused(error)

    def _theirs(self, choices: Mapping[str, str] | None) -> Side:
        statements = [
            f"delete from {self.path} where {condition(self.keys)}",
            "set constraints all immediate",
        ]
        if choices is not None:
            anew = [reference.anew(choices) for reference in self.references]
            statements = [*(reference.gone for reference in self.references), *anew, *statements]
        try:
            with self.db.transaction(force_rollback=True):
                self.db.execute("; ".join(statements).encode())
                return Side(self._contents())
        except psycopg.errors.IntegrityError as error:
            return _refused(error)

    def _contents(self) -> Contents:
        contents: Contents = {}
        if self._snapshot:
            for name, row in self.db.execute(self._snapshot.encode()):
                contents.setdefault(name, Counter())[row] += 1
        return contents

    def _counts(self, side: Side) -> tuple[dict[str, int], dict[str, int]]:
        """Rows that went and rows that changed, by relation; relations with none are left out."""
        gone: Counter[str] = Counter()
        changed: Counter[str] = Counter()
        for name, before in self.before.items() if side.contents is not None else ():
            after = side.contents.get(name, Counter()) if side.contents else Counter()
            gone[name] = before.total() - after.total()
            changed[name] = (after - before).total()
        return dict(+gone), dict(+changed)


def _refused(error: psycopg.Error) -> Side:
    lines = (error.diag.message_primary, error.diag.message_detail, error.diag.message_hint)
    return Side(None, error.sqlstate or "?", "\n    ".join(line for line in lines if line))


def _compare(ours: Side, theirs: Side) -> list[str]:
    if ours.refusal not in (None, BLOCKED):
        return [f"cascade_delete failed with {ours.refusal}, not {BLOCKED}"]
    if (ours.refusal is None) is not (theirs.refusal is None):
        return ["one side refused, the other did not"]
    if ours.contents != theirs.contents:
        return ["the contents differ"]
    return []


def _check_steps(plan: Sequence[PlanRow]) -> list[str]:
    complaints = []
    roots = [row for row in plan if row.via is None]
    if len(roots) != 1 or roots[0].depth != 0 or roots[0].step != max(row.step for row in plan):
        complaints.append("the plan has not one row for the root, as its last step")
    if sorted(row.step for row in plan) != list(range(1, len(plan) + 1)):
        complaints.append("the steps of the plan are not 1, 2, 3 …")
    if any((row.warning is None) is not (row.codes == []) for row in plan):
        complaints.append("a warning has no code, or a code no warning")
    return complaints


def _check_blocks(verdict: Verdict) -> list[str]:
    if verdict.blocks and not verdict.refusal:
        return ["planned as blocked, and nothing refused"]
    if verdict.refusal and not verdict.blocks and not verdict.order_dependent:
        return ["refused, and not planned as blocked"]
    return []


def _check_rows(ours: Side, verdict: Verdict) -> list[str]:
    complaints = []
    if not verdict.refusal and not verdict.blocks and not verdict.order_dependent:
        complaints += _check_sums("planned", {row: row.rows for row in verdict.plan}, verdict)
    if not verdict.refusal and ours.refusal is None:
        complaints += _check_sums("done", {row: row.done for row in ours.rows}, verdict)
    return complaints


def _check_sums(what: str, counts: Mapping[PlanRow, int | None], verdict: Verdict) -> list[str]:
    complaints = []
    for actions, truth in ((("delete",), verdict.gone), (("nullify", "default"), verdict.changed)):
        sums: Counter[str] = Counter()
        for row, count in counts.items():
            if row.action in actions:
                sums[row.relation] += count or 0
        if dict(+sums) != truth:
            complaints.append(f"{what} to {' or '.join(actions)}: {dict(+sums)}, but it was {truth}")
    return complaints


def _report(
    complaints: list[str], choices: Mapping[str, str] | None, plan: list[PlanRow], ours: Side, theirs: Side
) -> str:
    lines = ["; ".join(complaints), f"choices: {json.dumps(choices, ensure_ascii=False)}", "plan:"]
    lines += [
        f"  {row.step} depth {row.depth} {row.relation} via {row.via} on delete {row.on_delete}: "
        f"{row.action} {row.rows} of {row.matched}; {row.warning or ''}"
        for row in sorted(plan, key=lambda row: row.step)
    ]
    for name, side in (("pydb", ours), ("plain DELETE", theirs)):
        lines.append(f"{name}: " + (f"{side.refusal} {side.message}" if side.refusal else "done"))
    if ours.contents is not None and theirs.contents is not None:
        for relation in sorted({*ours.contents, *theirs.contents}):
            mine, its = ours.contents.get(relation, Counter()), theirs.contents.get(relation, Counter())
            lines += [f"  only with pydb: {relation} {row}" for row in (mine - its).elements()]
            lines += [f"  only with DELETE: {relation} {row}" for row in (its - mine).elements()]
    return "\n".join(lines)
