"""A child table full of orphans for the fault tests, and the books that its repairs are held against.

``app.child``, or of another name, has two partitions: ids 1 to 2,600 and 2,601 to 4,000; those with an odd id
have no parent. A repair takes 500 rows first, ids 1 to 999, then as many or twice as many: row 1,501 lies in
its second batch.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from tests.faults.lab import Background, Gate, Lab, LogRow

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS: Final = 4000
IN_FIRST: Final = 2600
ORPHANS: Final = ROWS // 2
FIRST_BATCH: Final = 500
SECOND_BATCH_ROW: Final = 1501

_SETUP: Final = f"""
create table if not exists app.parent (id int primary key);
insert into app.parent select i from generate_series(1, 10) as i on conflict do nothing;
create table app.{{0}} (id int primary key, parent_id int, note text) partition by range (id);
create table app.{{0}}_a partition of app.{{0}} for values from (1) to ({IN_FIRST + 1});
create table app.{{0}}_b partition of app.{{0}} for values from ({IN_FIRST + 1}) to ({ROWS + 1});
insert into app.{{0}} select i, case i % 2 when 1 then -i else i % 10 + 1 end, 'n'
    from generate_series(1, {ROWS}) as i;
select pydb.reference_set('app.{{0}}', '{{{{parent_id}}}}', 'app.parent', '{{{{id}}}}');
"""
_NOTE: Final = """
create trigger note_{1} after {1} on app.{0} referencing old table as gone
for each statement execute function app.note_effect()
"""
# an hour passes for the rows that there are
_OLD: Final = """
update pydb_internal.orphan_mark
set at = clock_timestamp() - interval '1 hour',
    horizon = pg_snapshot_xmin(pg_current_snapshot())::text::bigint
"""


class Shop:
    """The tables in a lab, repairs of them in one mode, and what must hold after each."""

    def __init__(self, lab: Lab, mode: str, name: str = "child") -> None:
        self.lab = lab
        self.mode = mode
        self.name = name
        self.reference = f"app.{name}.parent_id_ref"
        self.subject = f"repair {self.reference}"
        self._leaves = (f"{name}_a", f"{name}_b")
        lab.db.execute(_SETUP.format(name).encode())
        for leaf in self._leaves:
            for event in ("delete", "update"):
                lab.db.execute(_NOTE.format(leaf, event).encode())
        lab.db.execute(_OLD.encode())
        lab.setting("lock_timeout", "60 s")

    def start(self) -> Background:
        """Start orphan_repair in the background."""
        return Background(self.lab.session(), "call pydb.orphan_repair(%s, %s)", self.reference, self.mode)

    def run(self) -> None:
        """Repair to a good end, in the session of the last one."""
        self.lab.db.execute("call pydb.orphan_repair(%s, %s)", (self.reference, self.mode))

    @contextlib.contextmanager
    def gate(self, row: int, *, when: str = "after") -> Iterator[Gate]:
        """Stop whoever deletes or changes the row, inside its batch, until the gate is opened."""
        leaf = self._leaves[row > IN_FIRST]
        event = "update" if self.mode == "nullify" else "delete"
        self.lab.db.execute(
            f"create or replace trigger gate {when} {event} on app.{leaf} for each row when (old.id = {row})"
            " execute function app.gate()".encode()
        )
        with self.lab.holding() as gate:
            yield gate

    # -- the books -----------------------------------------------------------------------------------------

    def runs(self) -> list[LogRow]:
        """The repairs in the log, oldest first."""
        return self.lab.runs(self.subject)

    def repaired(self) -> set[int]:
        """Ids of the orphans that are none any more."""
        left = self.lab.db.execute(f"select id from app.{self.name} where parent_id < 0".encode()).fetchall()
        return set(range(1, ROWS, 2)) - {row[0] for row in left}

    def balanced(self, *, live: int = 0) -> None:
        """Hold the log against the tables: I1 to I4, at any moment at which nothing is in flight."""
        value = self.lab.value
        repaired = self.repaired()
        kept = value(
            f"select count(*) from app.{self.name} where mod(id, 2) = 0 and parent_id = mod(id, 10) + 1"
        )
        assert kept == ROWS - ORPHANS, "I1: a row that is no orphan was touched"
        runs = self.runs()
        assert sum(run.rows_done for run in runs) == len(repaired), "I2: reported is not what was done"
        noted = "from app.effect where relation = any (%s)"
        leaves = list(self._leaves)
        assert value(f"select coalesce(sum(rows), 0)::bigint {noted}", leaves) == len(repaired)
        there = value(f"select count(*) from app.{self.name} where mod(id, 2) = 1")
        assert there == (ORPHANS if self.mode == "nullify" else ORPHANS - len(repaired))
        taken = self.lab.db.execute(
            "select (q.content ->> 'id')::int, q.run_id, q.content ->> 'parent_id'"
            " from pydb.orphan_quarantine as q inner join pydb.job_run as r on r.id = q.run_id"
            " where r.subject = %s",
            (self.subject,),
        ).fetchall()
        if self.mode == "quarantine":
            assert {row[0] for row in taken} == repaired, "I2: taken out is not what was kept"
            assert all(str(-row[0]) == row[2] for row in taken)
            for run in runs:
                assert sum(row[1] == run.id for row in taken) == run.rows_done
        assert len(taken) == (len(repaired) if self.mode == "quarantine" else 0)
        batches = value(f"select count(distinct transaction) {noted}", leaves)
        assert isinstance(batches, int)
        assert batches <= sum(run.batches for run in runs), "I3: a batch without its log entry"
        assert len([run for run in runs if run.state == "running"]) == live, "I4"

    def converges(self) -> None:
        """Repair again until nothing is due: exact, and a repair after that does nothing (I5)."""
        for _ in range(2):
            self.run()
            self.balanced()
            assert len(self.repaired()) == ORPHANS
            assert (self.runs()[-1].state, self.runs()[-1].stop_reason) == ("completed", "exhausted")
        assert (self.runs()[-1].rows_planned, self.runs()[-1].rows_done) == (0, 0)
        found = self.lab.value(
            "select orphans from pydb.orphan_list where status = 'complete' and reference = %s",
            self.reference,
        )
        assert found == 0
