"""Delete one data set with everything below it: plan, second opinion, delete, proof by counts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from pydb import cascade, db, references
from pydb.cascade import tree
from pydb.demo import example
from pydb.demo.proof import Line, compare
from pydb.demo.screen import count, rows, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydb.demo.screen import Screen

ENTITY: Final = "dataset"
ROOT: Final = "telemetry.generation_runs"
DATASET: Final = 42
LOGICAL: Final = ("telemetry.alerts", "telemetry.host_telemetry_archival")
"""Tables whose dataset_id is a reference that no constraint declares."""


def define(conn: db.Connection) -> list[str]:
    """Declare the logical references and the entity; return the names of the references."""
    names = [
        references.reference_set(conn, child, ["dataset_id"], ROOT, ["id"], on_delete="cascade").name
        for child in LOGICAL
    ]
    references.entity_set(conn, ENTITY, ROOT, {"*": "delete"})
    return names


def hanging(conn: db.Connection, dataset: int) -> dict[str, tuple[int, int]]:
    """Rows that hang on a data set by plain SQL: relation → those that go, those that are set to null."""
    found = db.run_query(conn, example.script("dataset.sql"), id=dataset)
    return {
        str(row["relation"]): (int(str(row["deleted"])), int(str(row["updated"])))
        for row in found
        if row["deleted"] or row["updated"]
    }


def demonstrate(
    conn: db.Connection, before: Mapping[str, int], screen: Screen
) -> tuple[tuple[Line, ...], bool]:
    """Show the plan of one data set and delete it; lines of what went, and whether that is the plan.

    ``before`` are the rows of every table.
    """
    screen.step(f"One data set with everything below it: the plan (pydb cascade plan {ENTITY} {DATASET})")
    define(conn)
    screen.say(f"two references that no constraint declares (pydb reference set), and the entity {ENTITY}:")
    started = time.monotonic()
    key: list[cascade.Key] = [{"id": DATASET}]
    steps = cascade.plan(conn, None, key, entity=ENTITY)
    took = time.monotonic() - started
    for line in tree.lines(tree.grow(steps), ascii_only=not screen.is_terminal):
        screen.parts(line)
    screen.say(f"{tree.sentence(steps)}; nothing was changed, {seconds(took)}")
    agree = _second_opinion(steps, hanging(conn, DATASET), screen)

    screen.step(f"Delete it, in one transaction (pydb cascade delete {ENTITY} {DATASET})")
    started = time.monotonic()
    done = cascade.delete(conn, None, key, entity=ENTITY)
    screen.say(f"{tree.sentence(done)}, {seconds(time.monotonic() - started)}")
    planned = {total.relation: total.delete for total in cascade.totals(steps) if total.delete}
    lines = compare(before, planned, {}, example.counts(conn))
    holds = all(line.holds for line in lines)
    left = hanging(conn, DATASET)
    screen.table(
        ("table", "planned", "deleted", "left", "equal"),
        (
            (
                line.relation,
                count(line.planned),
                count(line.deleted),
                count(line.left),
                "yes" if line.holds else "NO",
            )
            for line in lines
            if line.planned or line.deleted
        ),
    )
    others = sum(not line.planned and not line.deleted for line in lines)
    screen.say(f"{others} other tables and partitions: nothing planned, nothing deleted")
    if left:
        screen.bad(f"plain SQL still finds rows below it: {left}")
    return tuple(lines), agree and holds and not left


def _second_opinion(
    steps: Sequence[cascade.Step], wanted: Mapping[str, tuple[int, int]], screen: Screen
) -> bool:
    told = {total.relation: (total.delete, total.update) for total in cascade.totals(steps)}
    if told != wanted:
        screen.bad(f"the plan says {told}, plain SQL counts {dict(wanted)}")
        return False
    deleted = sum(number for number, _ in wanted.values())
    screen.good(f"Plain SQL, written by hand (pydb/demo/dataset.sql), finds the same {rows(deleted)}.")
    return True
