"""One data set goes, all of it or nothing; what is written for it afterwards is noticed when it is read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from pydb import cascade, db, orphans, references
from pydb.cascade import tree
from pydb.demo.screen import seconds
from pydb.demo.services.stage import script

if TYPE_CHECKING:
    from pydb.demo.services.stage import Stage

ENTITY: Final = "dataset"
ROOT: Final = "lab.dataset"
DATASET: Final = 7
LOGICAL: Final = (("lab.score", "dataset_id"), ("lab.alert", "dataset_id"))
"""Columns that name a data set, and no constraint says so."""
SCORES: Final = "lab.score.dataset_id_ref"
LATE: Final = 250
"""Scores that a worker writes for the data set after it is gone."""


def counts(conn: db.Connection, dataset: int) -> dict[str, tuple[int, int]]:
    """Rows of each table, and how many of them are of the data set, by plain SQL."""
    found = db.run_query(conn, script(__file__, "counts.sql"), id=dataset)
    return {str(row["relation"]): (int(str(row["rows"])), int(str(row["mine"]))) for row in found}


def prove_delete(conn: db.Connection, stage: Stage) -> None:
    """Plan, delete and roll back, delete; another session looks on."""
    stage.screen.step(f"Data set {DATASET} goes, with all that hangs on it in six tables, in one transaction")
    for child, column in LOGICAL:
        references.reference_set(conn, child, [column], ROOT, ["id"], on_delete="cascade")
    references.entity_set(conn, ENTITY, ROOT, {"*": "delete"})
    before = counts(conn, DATASET)
    key: list[cascade.Key] = [{"id": DATASET}]
    steps = cascade.plan(conn, None, key, entity=ENTITY)
    for line in tree.lines(tree.grow(steps), ascii_only=not stage.screen.is_terminal):
        stage.screen.parts(line)
    planned = {total.relation: total.delete for total in cascade.totals(steps) if total.delete}
    mine = {name: number for name, (_, number) in before.items() if number}
    stage.equal("tables", "tables that hold rows of the data set, itself among them", len(planned), 7)
    stage.equal("plan", "the plan counts what plain SQL counts, table by table", planned == mine, wanted=True)

    with db.connect(stage.dsn) as watch:
        with db.transaction(conn, rollback=True):
            cascade.delete(conn, None, key, entity=ENTITY)
            gone = all(number == 0 for _, number in counts(conn, DATASET).values())
            unseen = counts(watch, DATASET) == before
        stage.equal(
            "one_transaction",
            "before the commit another session sees all rows, the deleting one none",
            gone and unseen,
            wanted=True,
        )
        stage.equal(
            "undone", "a rollback brings every row back", counts(watch, DATASET) == before, wanted=True
        )
        started = time.monotonic()
        cascade.delete(conn, None, key, entity=ENTITY)
        took = time.monotonic() - started
        after = counts(watch, DATASET)
    stage.screen.say(f"{tree.rows(sum(planned.values()))} deleted, {seconds(took)}")
    exact = {name: number - mine.get(name, 0) for name, (number, _) in before.items()}
    stage.equal(
        "deleted",
        "what is gone is the plan: no row more, no row less",
        {name: number for name, (number, _) in after.items()} == exact,
        wanted=True,
    )


def prove_orphans(conn: db.Connection, stage: Stage) -> None:
    """A worker that did not know writes scores; who reads them next is told."""
    stage.screen.step("Scores whose data set is gone, met while reading")
    db.run_query(conn, script(__file__, "late.sql"), id=DATASET, late=LATE)
    warned: list[str] = []
    db.on_code(conn, "YD409", warned.append)
    scores = read_scores(conn, DATASET)
    told = next(iter(warned), "no warning")
    stage.equal("orphans_read", "scores of the data set that were read, none of them used", len(scores), 0)
    said = told == f"{LATE} orphaned rows of {SCORES}"
    stage.equal("orphans_warned", f"the server warns: {told}", said, wanted=True)
    (metric,) = db.run_query(conn, script(__file__, "metric.sql"), edge=SCORES)
    stage.equal(
        "orphans_counted", "metric lifecycle_orphan_rows counts them", float(str(metric["value"])), LATE
    )
    whole = read_scores(conn, DATASET + 1)
    stage.equal("no_orphans", "warnings while a data set is read that is there", len(warned) - 1, 0)
    stage.at_least("scores_read", "its scores are read", len(whole), 1)


def read_scores(conn: db.Connection, dataset: int) -> list[db.Row]:
    """The scores of one data set as the application reads them: none of a data set that is gone."""
    found = orphans.check(conn, SCORES, f"dataset_id = {dataset:d}")
    if found.orphans:  # the server has warned, and noted them
        return []
    return db.run_query(conn, script(__file__, "scores.sql"), id=dataset)
