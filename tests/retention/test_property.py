"""The first law as a property: rows planned = rows logged = rows gone, and the rest is untouched."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from tests.retention.lab import CUTOFF, Lab

if TYPE_CHECKING:
    from collections.abc import Iterable

FILTERS: Final = {
    None: lambda _id, _n: True,
    "n <> 2": lambda _id, n: n is not None and n != 2,
    "id % 2 = 0 or n is null": lambda number, n: number % 2 == 0 or n is None,
    "case when n > 1 then id > 5 end": lambda number, n: n is not None and n > 1 and number > 5,
}
LAYOUTS: Final = {
    "plain": "",
    "list": """partition by list (part);
        create table x.t_0 partition of x.t for values in (0);
        create table x.t_rest partition of x.t default""",
    "sub": """partition by list (part);
        create table x.t_0 partition of x.t for values in (0) partition by range (id);
        create table x.t_0_low partition of x.t_0 for values from (0) to (9);
        create table x.t_0_rest partition of x.t_0 default;
        create table x.t_1 partition of x.t for values in (1);
        create table x.t_2 partition of x.t for values in (2)""",
}
# what refers to a row: the action, and whether it keeps the row
CHILDREN: Final = {
    "no action": True,
    "restrict": True,
    "no action deferrable initially deferred": True,
    "cascade": False,
    "set null": False,
    "set null, not null": True,
    "cascade, kept below": True,
    "cascade, blanked below": False,
    # a cascade that comes back to the policy's table
    "cascade, back": False,
    "logical no action": True,
    "logical restrict": True,
    "logical cascade": False,
    "logical set null": False,
}
# conditions of a logical reference, on its rows and on those it refers to, and the same reckoned
CONDITIONS: Final = {
    None: (None, None),
    "child": ("kind = 'T'", None),
    "parent": (None, "n <> 2"),
    "both": ("kind = 'T'", "n <> 2"),
}
# what applications write for "has no time"
NEVER: Final = "1970-01-01"
TYPES: Final = {
    "timestamptz": "timestamptz",
    "timestamp": "timestamp",
    "date": "date",
    "s": "bigint",
    "ms": "bigint",
    "ns": "bigint",
    "float": "double precision",
    "numeric": "numeric",
    "uuid": "uuid",
}
# of the types that need one: the unit to declare, and its ticks a second
UNITS: Final = {
    "s": ("s", 1),
    "ms": ("ms", 1_000),
    "ns": ("ns", 1_000_000_000),
    "float": ("s", 1),
    "numeric": ("us", 1_000_000),
}


@dataclass(frozen=True)
class Case:
    """One table, its policy, and the way to prune it."""

    kind: str
    zone: str
    ages: list[int | str | None]
    numbers: list[int | None]
    up: list[int | None]
    self_action: str | None
    child: str | None
    referenced: list[int]
    back: list[int | None]
    layout: str
    filter: str | None
    strategy: str
    index: bool
    fat: int
    minus_infinity: bool
    heap_range: int
    index_range: int
    start: int
    how: str
    size: int
    condition: str | None = None

    def refers(self, child: int) -> bool:
        """Whether a row of the child table counts as one that refers to a row."""
        of_child, of_parent = CONDITIONS[self.condition]
        return (of_child is None or child % 2 == 0) and (
            of_parent is None or FILTERS["n <> 2"](0, self.numbers[self.referenced[child]])  # type: ignore[no-untyped-call]
        )

    @property
    def held(self) -> set[int]:
        """Rows that a row of the child table refers to."""
        return {number for child, number in enumerate(self.referenced) if self.refers(child)}

    def expired(self, number: int) -> bool:
        age = self.ages[number]
        old = isinstance(age, int) and age < 0
        if age == "-infinity" and self.value(age) is not None:
            old = self.minus_infinity
        return old and FILTERS[self.filter](number, self.numbers[number])  # type: ignore[no-untyped-call]

    def survivors(self) -> set[int]:
        """What must be left, by the plainest possible reckoning."""
        everybody = range(len(self.ages))
        kept = {number for number in everybody if not self.expired(number)}
        if self.child is not None and CHILDREN[self.child]:
            kept |= self.held
        if self.self_action in ("no action", "restrict"):
            kept = self.closed(kept)
        elif self.self_action == "cascade":
            # what a row takes along may be young, but nothing may keep it
            blocked = self.held if self.child is not None and CHILDREN[self.child] else set()
            return set(everybody) - self.below(set(everybody) - self.closed(blocked) - kept)
        elif self.child == "cascade, back":
            return set(everybody) - self.below(set(everybody) - kept)
        return kept

    def closed(self, kept: set[int]) -> set[int]:
        """Rows, and with them every row that one of them needs."""
        while needed := {up for number in kept if (up := self.up[number]) is not None} - kept:
            kept = kept | needed
        return kept

    def below(self, gone: set[int]) -> set[int]:
        """Rows, and with them every row of the table that a cascade takes along."""
        while more := {number for number in range(len(self.ages)) if self.parents(number) & gone} - gone:
            gone = gone | more
        return gone

    def parents(self, number: int) -> set[int]:
        """Rows of the table whose delete takes this one along."""
        found = {self.up[number]} if self.self_action == "cascade" else set()
        child = self.back[number]
        if child is not None:
            found.add(self.referenced[child])
        return {parent for parent in found if parent is not None}

    @property
    def takes_children(self) -> bool:
        return self.child in ("cascade", "cascade, blanked below", "cascade, back", "logical cascade")

    @property
    def takes_others(self) -> bool:
        """Whether rows go along with others: a budget then holds for a row and what goes with it."""
        return self.self_action == "cascade" or self.takes_children or self.has_rings

    @property
    def has_rings(self) -> bool:
        return any(up is not None and up > number for number, up in enumerate(self.up))

    def children(self, left: set[int]) -> int:
        """Rows of the child table that go along."""
        return (
            sum(number not in left and self.refers(child) for child, number in enumerate(self.referenced))
            if self.takes_children
            else 0
        )

    def number(self, age: int | str) -> str | None:
        """The time of a row as a number or a uuid, which know no infinity."""
        if isinstance(age, str) and age != NEVER:
            return None
        ticks = UNITS[self.kind][1] if self.kind in UNITS else 1_000
        tick = 0 if isinstance(age, str) else int(CUTOFF.timestamp()) * ticks + age
        if self.kind == "uuid":
            return f"{tick:012x}7abc8def0123456789ab" if tick else "0" * 32
        return str(tick)

    def value(self, age: int | str | None) -> str | None:
        """The time of a row: ``age`` ticks of its type after the cutoff."""
        if age is None:
            return None
        if self.kind in UNITS or self.kind == "uuid":
            return self.number(age)
        if isinstance(age, str):
            return age
        local = CUTOFF.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
        if self.kind == "date":
            return str(local.date() + timedelta(days=max(-300, min(300, age))))
        if self.kind == "timestamp":
            return str(local + timedelta(microseconds=age))
        return str(CUTOFF + timedelta(microseconds=age))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    size = draw(st.integers(0, 30))
    numbers = range(size)
    self_action = draw(st.sampled_from([None, None, "no action", "restrict", "set null", "cascade"]))
    # a row refers to itself or to an earlier one: trees; where it goes along, rings too
    last = size - 1 if self_action == "cascade" else 0
    layout = draw(st.sampled_from(sorted(LAYOUTS)))
    if self_action in ("no action", "restrict") and layout == "plain":
        last = size - 1
    up = [draw(st.none() | st.integers(0, max(number, last))) if self_action else None for number in numbers]
    child = draw(st.sampled_from([None, None, *CHILDREN]))
    if child == "cascade, back" and self_action in ("no action", "restrict"):
        child = None
    referenced = draw(st.lists(st.sampled_from(numbers), max_size=size)) if child and size else []
    back = [
        draw(st.none() | st.integers(0, len(referenced) - 1))
        if child == "cascade, back" and referenced
        else None
        for _ in numbers
    ]
    return Case(
        kind=draw(st.sampled_from(sorted(TYPES))),
        zone=draw(st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"])),
        ages=[
            draw(st.sampled_from([-(10**7), -1, -1, 0, 1, 10**7, None, "infinity", "-infinity", NEVER]))
            for _ in numbers
        ],
        numbers=[draw(st.none() | st.integers(0, 4)) for _ in numbers],
        up=up,
        self_action=self_action,
        child=child,
        referenced=referenced,
        back=back,
        layout=layout,
        filter=draw(st.sampled_from(list(FILTERS))),
        strategy=draw(st.sampled_from(["auto", "heap", "index"])),
        index=draw(st.booleans()),
        fat=draw(st.sampled_from([0, 3_000])),
        minus_infinity=draw(st.booleans()),
        heap_range=draw(st.sampled_from([1, 2, 64])),
        index_range=draw(st.sampled_from([1, 2, 5, 5_000])),
        start=draw(st.integers(0, 12)),
        how=draw(st.sampled_from(["run", "budget", "batch"])),
        size=draw(st.integers(1, 12)),
        condition=draw(st.sampled_from(list(CONDITIONS))) if child and "logical" in child else None,
    )


def build(lab: Lab, case: Case) -> None:
    lab.do(
        f"""create schema if not exists x; drop table if exists x.t, x.c, x.g cascade;
        delete from pydb.job_run; delete from pydb.retention_policy; delete from pydb.reference;
        create table x.t (part int, id int, at {TYPES[case.kind]}, n int, up_part int, up int, fat text,
            primary key (part, id)) {LAYOUTS[case.layout]};"""
    )
    if case.index or case.strategy == "index":
        lab.do("create index on x.t (at)")
    with lab.db.cursor() as cursor:
        cursor.executemany(
            f"""insert into x.t
            values (%s, %s, %s::text::{TYPES[case.kind]}, %s, %s, %s, repeat('x', %s))""".encode(),
            [
                (
                    number % 3,
                    number,
                    case.value(age),
                    case.numbers[number],
                    _mod(case.up[number]),
                    case.up[number],
                    case.fat,
                )
                for number, age in enumerate(case.ages)
            ],
        )
    if case.self_action:
        lab.do(
            "alter table x.t add foreign key (up_part, up) references x.t (part, id) "
            f"on delete {case.self_action}"
        )
    if case.child:
        action, _, below = case.child.partition(", ")
        key = f", foreign key (t_part, t_id) references x.t (part, id) on delete {action}"
        lab.do(
            f"""create table x.c (id int primary key, kind text, t_part int,
                t_id int {"not null" if below == "not null" else ""} {"" if "logical" in action else key});
            create table x.g (c_id int
                references x.c on delete {"set null" if "blanked" in below else "no action"});"""
        )
        with lab.db.cursor() as cursor:
            cursor.executemany(
                "insert into x.c (id, kind, t_id, t_part) values (%s, %s, %s, %s)",
                [
                    (child, "TO"[child % 2], number, number % 3)
                    for child, number in enumerate(case.referenced)
                ],
            )
        if "logical" in action:
            lab.rows(
                """select pydb.reference_set('x.c', '{t_part,t_id}', 'x.t', '{part,id}', %s,
                    p_filter => %s, p_parent_filter => %s)""",
                action.removeprefix("logical "),
                *CONDITIONS[case.condition],
            )
        if below == "back":
            lab.do("alter table x.t add back int references x.c on delete cascade")
            for number, child in enumerate(case.back):
                lab.db.execute("update x.t set back = %s where id = %s", (child, number))
        if "below" in below:
            lab.do("insert into x.g select id from x.c")
    # an earlier run that learned tiny ranges, never to grow, and stopped somewhere
    lab.rows(
        """insert into pydb.job_run (kind, subject, state, stop_reason, started_at, heartbeat_at,
            finished_at, detail)
        values ('retention', 'p', 'partial', 'row_budget', now(), now(), now(), %s::jsonb) returning id""",
        json.dumps(
            {
                "learned": {"cost": 1e6, "heap_range": case.heap_range, "index_range": case.index_range},
                "position": {
                    "relation": lab.number(
                        "select coalesce(min(relid::oid), 'x.t'::regclass)::bigint "
                        "from pg_partition_tree('x.t') where isleaf"
                    ),
                    "at": case.start,
                },
            }
        ),
    )


def _mod(number: int | None) -> int | None:
    return None if number is None else number % 3


def prune(lab: Lab, case: Case, planned: int) -> int:
    """Prune to the end in the way of the case; returns what was reported as done."""
    if case.how == "run":
        run = lab.run()
        assert run.rows_planned == planned
        assert run.state in ("completed", "partial"), run
        return run.rows_done
    total = 0
    if case.how == "budget":
        while True:
            run = lab.run(max_rows=case.size)
            if not case.takes_others:
                assert run.rows_done == min(case.size, planned - total), run
            total += run.rows_done
            if run.stop_reason != "row_budget":
                return total
    cursor = None
    while True:
        done, left, cursor = lab.batch(rows=case.size, cursor=cursor)
        total += done
        assert done <= case.size or case.takes_others
        assert left == planned - total
        if cursor is None:
            return total


def ids(lab: Lab) -> Iterable[object]:
    return lab.ids("x.t")


# row 2, which is young, would go along with row 0, and a row of another table keeps it
KEPT_BELOW: Final = Case(
    kind="date",
    zone="UTC",
    ages=[-10000000, -10000000, 0, -10000000],
    numbers=[None] * 4,
    up=[None, None, 0, None],
    self_action="cascade",
    child="logical no action",
    referenced=[2],
    back=[None] * 4,
    layout="plain",
    filter=None,
    strategy="auto",
    index=False,
    fat=0,
    minus_infinity=False,
    heap_range=1,
    index_range=1,
    start=0,
    how="run",
    size=1,
)


# a third of the profile's: an example takes a third of a second, and each run of the tests draws others
@settings(
    max_examples=max(1, (settings.default.max_examples if settings.default else 0) // 3),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases())
@example(case=KEPT_BELOW)
@example(case=replace(KEPT_BELOW, child="restrict", how="batch", layout="list"))
@example(case=replace(KEPT_BELOW, condition="both", numbers=[1, 1, 1, 1]))
@example(case=replace(KEPT_BELOW, condition="parent", numbers=[1, 1, 2, 1]))
@example(
    case=replace(
        KEPT_BELOW,
        child="logical cascade",
        self_action=None,
        referenced=[0, 0, 1, 3],
        condition="both",
        numbers=[1, 2, 1, None],
        how="budget",
    )
)
def test_planned_is_logged_is_gone_and_the_rest_stays(lab: Lab, case: Case) -> None:
    build(lab, case)
    lab.policy(
        table="x.t",
        time_unit=UNITS[case.kind][0] if case.kind in UNITS else None,
        timezone=case.zone,
        filter=case.filter,
        strategy=case.strategy,
        expire_minus_infinity=case.minus_infinity,
        batch_target="10 ms",
    )
    want = case.survivors()
    before = len(case.ages)
    plan = lab.plan()
    planned = sum(row.rows for row in plan)
    blocked = sum(row.blocked_rows for row in plan)
    note(f"planned {planned}, blocked {blocked}")
    assert planned == before - len(want) + case.children(want)
    assert blocked == sum(case.expired(number) for number in want)
    assert sum(row.implausible_rows for row in plan) == sum(
        age == NEVER and FILTERS[case.filter](number, case.numbers[number])  # type: ignore[no-untyped-call]
        for number, age in enumerate(case.ages)
    )
    assert sum(row.null_rows for row in plan) == sum(case.value(age) is None for age in case.ages)
    assert prune(lab, case, planned) == planned
    assert set(ids(lab)) == want
    assert lab.planned() == 0
    if case.child and CHILDREN[case.child]:
        assert lab.number("select count(*) from x.c") == len(case.referenced)
    elif case.child:
        assert lab.number("select count(*) from x.c") == len(case.referenced) - case.children(want)
