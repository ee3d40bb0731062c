"""Export, verify, delete: files of a policy's expired rows, and a run that deletes exactly those.

Two sessions work at once. One reads: each range of blocks in one snapshot, into a file that is synced, named,
read back and compared, while the next range is read; only then it is entered in
``pydb.archive_manifest``, with the places and versions of its rows. The other is a run of the engine
(``pydb.retention_export_run``): it deletes what is entered, and nothing else. So at any moment a row is in
its table, or in a file that was found whole.
"""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from pydb import db, errors, retention, runs
from pydb.archive import faults, leftovers
from pydb.archive.deleter import Deleter
from pydb.archive.outcome import Clock, Outcome, TableResult
from pydb.archive.pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pydb.archive.pieces import Written
    from pydb.archive.target import Target
    from pydb.db import Connection, Row
    from pydb.runs import Run

BLOCKS: Final = 4_096
"""Blocks of the table that go into one file at most: 32 MB as a rule, which the server sorts in memory."""
_LEAST: Final = 256
"""Blocks of the first file: the deletes begin early. Each may have twice as many as the one before."""
AHEAD: Final = 3
"""Files that may wait for their rows to be deleted."""
_POLL: Final = 0.05
_SOON: Final = 0.02
"""Seconds to the next look at a run that is about to begin."""


def export(
    conn: Connection,
    reader: Connection,
    policy: str,
    target: Target,
    *,
    max_rows: int | None = None,
    max_runtime: str | None = None,
    now: str | None = None,
    blocks: int = BLOCKS,
    parquet: bool = False,
) -> Outcome:
    """Export one policy, whose action is ``export``, to ``target``. Both connections are autocommit and idle.

    ``conn`` deletes, ``reader`` reads. How the run ended is in the outcome; an error that it did not foresee
    is there too. Where rows of other tables go along, they are archived first, all under one run, and go to
    files from there (:mod:`pydb.archive.along`). ``parquet``: a twin of each file for analysts. A
    ``KeyboardInterrupt`` cancels the run and is raised again.
    """
    from pydb.archive import along

    outcome = Exporter(conn, reader, policy, target, blocks, parquet=parquet).run(max_rows, max_runtime, now)
    along.carry_on(conn, reader, target, outcome, max_runtime=max_runtime, blocks=blocks, parquet=parquet)
    return outcome


class _Ended(Exception):
    """The run has ended: there is nothing to write for any more."""


class Exporter(Pieces):
    """Writes the files of one export while a run deletes what they hold.

    What differs between a policy and an archive is in the methods up to ``_range``.
    """

    procedure = "retention_export_run"
    kind = "retention"

    def __init__(
        self, conn: Connection, reader: Connection, policy: str, target: Target, blocks: int, *, parquet: bool
    ) -> None:
        super().__init__(reader, policy, target, parquet=parquet)
        self._conn, self._blocks = conn, blocks
        self._ranges = self._written = 0
        self._density, self._width = 0.0, 1.0
        self._is_of_partitions = self._goes_along = False

    def run(self, max_rows: int | None, max_runtime: str | None, now: str | None) -> Outcome:
        """All of it, see :func:`export`."""
        started = time.monotonic()
        request = self._outcome.request
        arguments = self._arguments(max_rows)
        if self._is_of_partitions:
            # rows of whole partitions are exported once no row comes into them any more
            retention.run(self._conn, self._policy, max_rows=max_rows, max_runtime=max_runtime, now=now)
        more = {"p_max_rows": max_rows, "p_max_runtime": max_runtime, "p_now": now}
        arguments |= {name: value for name, value in more.items() if value is not None}
        db.call(self._reader, "pydb_internal.archive_exporter_join", p_request=request)
        deleter = Deleter(self._conn, self.procedure, arguments)
        deleter.start()
        try:
            self._write(deleter)
            while not deleter.ended.wait(_POLL):
                pass
        except BaseException:
            deleter.stop()
            with contextlib.suppress(errors.PydbError):
                runs.note_cancelled(self._conn, request, self.kind)
            raise
        run = next(iter(runs.runs_of_request(self._reader, request)), None)
        if deleter.error is not None and (
            run is None or run.live or not isinstance(deleter.error, errors.PydbError)
        ):
            raise deleter.error
        self._outcome.run, self._outcome.error = run, deleter.error
        self._outcome.seconds = time.monotonic() - started
        return self._outcome

    def _arguments(self, max_rows: int | None) -> dict[str, object]:
        """Of the procedure; and how many rows go to files at most."""
        found = retention.policies(self._reader, self._policy)
        if not found:
            db.call(
                self._reader, "pydb_internal.retention_policy_get", p_policy=self._policy
            )  # says which there are
        self._is_of_partitions = found[0].partition_first == "export"
        self._goes_along = bool(
            db.call_value(self._reader, "pydb_internal.export_goes_along", p_policy=self._policy)
        )
        bounds = [n for n in (max_rows, found[0].max_rows) if n is not None]
        self._left = min(bounds) if bounds else None
        return {"p_policy": self._policy, "p_request": self._outcome.request}

    def _is_planned(self, run: Run) -> bool:
        return run.cutoff is not None

    def _leaves(self) -> list[Row]:
        return db.call(self._reader, "pydb_internal.export_leaves", p_policy=self._policy)

    def _pending(self) -> list[Row]:
        return db.call(self._reader, "pydb_internal.archive_pending", p_policy=self._policy)

    def _range(self, run: Run, leaf: Row, part: range, cutoff: datetime | None) -> Row:
        (found,) = db.call(
            self._reader,
            "pydb_internal.export_range",
            p_policy=self._policy,
            p_relation=leaf["relation"],
            p_cutoff=cutoff,
            p_from=part.start,
            p_until=part.stop,
            p_limit=self._left,
            p_run_id=run.id,
        )
        return found

    def _write(self, deleter: Deleter) -> None:
        """All files; whatever goes wrong here ends the run too, with its SQLSTATE."""
        error: Exception | None = None
        if self._goes_along:
            # the run archives; should it be one that waits for files by now, there are none
            with contextlib.suppress(_Ended):
                self._planned(deleter)
                self._close(None)
            return
        try:
            run = self._planned(deleter)
            self._outcome.removed += leftovers.remove(self._reader, self._target, self._owner, run)
            leftovers.adopt(self._reader, self._pending(), self._outcome)
            self._wait(deleter, most=0)
            for leaf in self._leaves():
                result = TableResult(str(leaf["name"]))
                self._outcome.tables.append(result)
                try:
                    while self._sweep(run, leaf, result, deleter) and leaf["is_again"]:
                        self._wait(deleter, most=0)  # what these kept from going may go now
                except (errors.PydbError, OSError) as caught:
                    # one table that fails never stops the others
                    error = error or caught
                    result.sqlstate, result.error = faults.sqlstate(caught), str(caught)
        except _Ended:
            pass
        except (errors.PydbError, OSError) as caught:
            error = caught
        if deleter.ended.is_set():
            return
        self._close(error)

    def _close(self, error: Exception | None) -> None:
        """No more files: the run goes on with those that it has not come to."""
        db.call(
            self._reader,
            "pydb_internal.archive_exporter_end",
            p_request=self._outcome.request,
            p_sqlstate=faults.sqlstate(error) if error else None,
            p_error=_said(error) if error else None,
        )

    def _planned(self, deleter: Deleter) -> Run:
        """The run, once it has counted what is due."""
        while True:
            for run in runs.runs_of_request(self._reader, self._outcome.request):
                if run.live and self._is_planned(run):
                    return run
            if deleter.ended.wait(_SOON):
                raise _Ended

    def _wait(self, deleter: Deleter, *, most: int) -> None:
        """Until at most so many files wait for their rows to be deleted."""
        while True:
            if deleter.ended.is_set():
                raise _Ended
            if sum(bool(row["is_ready"]) for row in self._pending()) <= most:
                return
            deleter.ended.wait(_POLL)

    def _sweep(self, run: Run, leaf: Row, result: TableResult, deleter: Deleter) -> int:
        """One way through a relation; the rows that went to files."""
        before = result.rows
        (found,) = db.read(self._reader, "table_width", relation=leaf["relation"])
        self._width = float(str(found["width"]))
        start, blocks = 0, int(str(leaf["blocks"]))
        last: Written | None = None
        fresh: Written | None = None
        with ThreadPoolExecutor(max_workers=1) as worker:

            def read(part: range, cutoff: datetime | None) -> Written | None:
                return self._read(run, leaf, result, part, cutoff, worker)

            try:
                while start < blocks:
                    self._wait(deleter, most=AHEAD - 1)
                    if self._left is not None and self._left <= 0:
                        break
                    # a policy that was edited meanwhile may have another cutoff
                    now = runs.run(self._reader, run.id)
                    part = range(start, start + self._size(now))
                    fresh = faults.attempt(
                        lambda part=part, cutoff=now.cutoff: read(part, cutoff),  # type: ignore[misc]
                        lambda: setattr(result, "attempts", result.attempts + 1),
                    )
                    rows = fresh.known.rows if fresh else 0
                    if self._left is not None:
                        self._left -= rows
                    self._ranges += 1
                    self._written += rows
                    self._density = rows / len(part)
                    start = part.stop
                    if last is not None:
                        self._complete(last, result, lambda part, cutoff=now.cutoff: read(part, cutoff))  # type: ignore[misc]
                    last, fresh = fresh, None
                if last is not None:
                    now = runs.run(self._reader, run.id)
                    self._complete(last, result, lambda part: read(part, now.cutoff))
                    last = None
            finally:
                for one in (last, fresh):
                    if one is not None and not one.is_known:
                        self._drop(one)
        return result.rows - before

    def _complete(self, one: Written, result: TableResult, read: Callable[[range], Written | None]) -> None:
        """Enter a file that was found whole; where that fails and may go better, its range is read again."""
        first: list[Written] = [one]

        def enter() -> None:
            again = first.pop() if first else read(one.part)
            if again is None:
                return
            try:
                known = again.verified.result()
                clock = Clock(result.seconds)
                again.is_known = True
                self._enter(known, again.signature, again.noted)
                clock.took("enter")
            finally:
                if not again.is_known:
                    self._drop(again)
            result.rows += known.rows
            result.bytes_raw += known.bytes_raw
            result.bytes += known.bytes
            result.files.append(known.file)

        def count() -> None:
            if not first:  # that one was counted when it was read
                result.attempts += 1

        faults.attempt(enter, count)

    def _size(self, run: Run) -> int:
        """Blocks of the next file: fewer at the beginning, and at the end, where its delete is waited for."""
        # with large values out of line a block of the table stands for many
        least = max(int(_LEAST / self._width), 1)
        most = min(max(int(self._blocks / self._width), 1), least << min(self._ranges, 20))
        left = (run.rows_planned or 0) - self._written
        if left > 0 and self._density > 0:
            most = min(most, max(int(left / self._density / 2), least))
        return most


def _said(error: Exception) -> str:
    return error.message if isinstance(error, errors.PydbError) else str(error)


def each(
    policies: list[str], work: Callable[[str], Outcome], failed: Callable[[str, Exception], None]
) -> list[Outcome]:
    """Export several policies; one that fails never stops the others."""
    outcomes = []
    for policy in policies:
        try:
            outcomes.append(work(policy))
        except (errors.PydbError, OSError) as error:
            failed(policy, error)
    return outcomes
