"""Weather archive: a file for each station and year, fetched from a service that misbehaves.

``stations`` is that service, ``fetching`` says what is tried again, ``archive`` writes, verifies, registers
and asks, ``interrupted`` is a writer that is killed. The files are :mod:`pydb.archive.chunks`.
"""

from __future__ import annotations

import filecmp
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydb import db
from pydb.archive import chunks
from pydb.archive.target import Directory
from pydb.demo.screen import count, rows, seconds
from pydb.demo.services.stage import script
from pydb.demo.services.weather_archive import fetching, stations
from pydb.demo.services.weather_archive.archive import Archive, Reader

if TYPE_CHECKING:
    from typing import BinaryIO

    from pydb.archive.target import Target
    from pydb.archive.verify import Verdict
    from pydb.demo.services.stage import Stage
    from pydb.demo.services.weather_archive.archive import Report
    from pydb.demo.services.weather_archive.stations import File, Service

GOOD: Final = ("lyon", "oslo", "graz", "turin", "porto", "bergen")
BAD: Final = (stations.UNKNOWN, stations.DAMAGED, stations.DOWN)
LAST: Final = 2025


def prove(stage: Stage) -> None:
    """Two runs, sabotage, repair, questions."""
    years = range(LAST + 1 - max(1, round(stage.rows / stations.HOURS / len(GOOD))), LAST + 1)
    with db.connect(stage.dsn) as conn:
        db.run_script(conn, script(__file__, "schema.sql"))
    stage.screen.step(
        f"A weather service on this machine: {len(GOOD)} stations that are well, {len(years)} years"
    )
    began = time.monotonic()
    size = sum(len(stations.packed(station, year)) for station in GOOD for year in years)
    stations.packed(stations.DAMAGED, years[0])  # so that nobody waits for it
    stage.screen.say(f"{count(size)} bytes as they go over the wire, {seconds(time.monotonic() - began)}")
    first = chunks.open_place(stage.folder / "first", create=True)
    with stations.serving(_faults(years)) as service:
        archive = Archive(stage.dsn, first, "first")
        _prove_run(stage, archive, service, years)
        _prove_verified(stage, service)
        _prove_equal(stage, service, years)
        _prove_repair(stage, archive, service, years)
    _prove_questions(stage, archive, first, years)


def _faults(years: range) -> dict[File, tuple[str, ...]]:
    """One kind of fault for the first year of each good station: two of them, and another one behind."""
    kinds = stations.FAULTS
    return {
        (station, years[0]): (kinds[number], kinds[(number + 1) % len(kinds)] if number != 4 else kinds[0])
        for number, station in enumerate(GOOD)
    }


def _prove_run(stage: Stage, archive: Archive, service: Service, years: range) -> None:
    files = len(GOOD) * len(years)
    stage.screen.step(
        f"A run over {len(GOOD) + len(BAD)} stations and {len(years)} years; three stations are ill"
    )
    command = [
        "-P",
        "-m",
        "pydb.demo.services.weather_archive.interrupted",
        str(stage.folder / "first"),
        "lyon-2024",
    ]
    killed = subprocess.run([sys.executable, *command], check=False, stderr=subprocess.DEVNULL)
    left = sorted(path.name for path in (stage.folder / "first").iterdir())
    stage.screen.say(f"a writer was killed (exit {killed.returncode}) and left {', '.join(left)}")
    report = archive.fill(service.url, [*BAD, *GOOD], years)
    stage.result["run"] = report.document()
    _tell(stage, report)
    stage.equal("cleaned", "temporary files of a killed writer that were cleaned", len(report.cleaned), 1)
    after = [path.name for path in (stage.folder / "first").iterdir()]
    stage.equal("files", "files, one a station and year, and nothing beside them", len(after), files)
    stage.equal("registered", "files that were verified and registered", report.files, files)
    stage.equal("records", "records in them", report.records, files * stations.HOURS)
    stage.equal("others", "stations that failed", ", ".join(sorted(report.failed)), ", ".join(sorted(BAD)))
    kinds = " ".join(sorted(report.retried))
    stage.equal("retryable", "kinds of errors that were tried again", kinds, "429 5xx reset time-out")
    met = sum(service.met.values())
    got_over = sum(report.retried.values()) + 1  # the last 503 of the station that is down
    stage.at_least("faults", "faults that were met, all of them tried again", got_over, met)
    fatal = [service.asked[station, years[0]] for station in (stations.UNKNOWN, stations.DAMAGED)]
    stage.equal("fatal", "requests for a file with a fatal error (404; a word for a number)", max(fatal), 1)
    down = service.asked[stations.DOWN, years[0]]
    stage.equal("given_up", "requests for a file that answers 503 for ever", down, fetching.ATTEMPTS)
    asked = [pause for why, pause in archive.pauses if why == "429"]
    stage.at_least("retry_after", "pause after 429, at least", min(asked), stations.RETRY_AFTER, "s")
    spread = len({round(pause, 3) for why, pause in archive.pauses if why == "5xx"})
    stage.at_least("jitter", "different pauses after 5xx", spread, 3)


def _tell(stage: Stage, report: Report) -> None:
    told = report.document()
    stage.screen.say(
        f"{rows(report.records)} in {report.files} files, {count(report.requests)} requests, "
        f"{seconds(report.seconds['total'])}"
    )
    stage.screen.say(
        f"{count(report.bytes_raw)} bytes, {count(report.bytes_wire)} on the wire, "
        f"{count(report.bytes_compressed)} in files: ratio {told['ratio']}, "
        f"{told['bytes_per_record']} bytes a record"
    )
    for station, why in sorted(report.failed.items()):
        stage.screen.say(f"{station} failed: {why}")
    stage.screen.say(json.dumps({name: told[name] for name in ("retried", "seconds")}))


class _Flips(Directory):
    """A disk that changes one bit of each file."""

    def publish(self, file: BinaryIO, name: str) -> None:
        super().publish(file, name)
        path = Path(self.place) / name
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)


def _prove_verified(stage: Stage, service: Service) -> None:
    stage.screen.step("A disk that changes a bit: what is not read back as it was written does not count")
    place = _Flips(stage.folder / "flips", create=True)
    archive = Archive(stage.dsn, place, "flips")
    report = archive.fill(service.url, GOOD[:1], [LAST])
    for station, why in report.failed.items():
        stage.screen.say(f"{station} failed: {why}")
    with db.connect(stage.dsn) as conn:
        registered = len(archive.chunks(conn))
    stage.equal(
        "bit", "files with a changed bit that are registered, or left", registered + len(place.names()), 0
    )


def _prove_equal(stage: Stage, service: Service, years: range) -> None:
    stage.screen.step("A second run, into another directory, and the first one once more")
    second = Archive(stage.dsn, chunks.open_place(stage.folder / "second", create=True), "second")
    report = second.fill(service.url, GOOD, years)
    _tell(stage, report)
    names = sorted(path.name for path in (stage.folder / "first").iterdir())
    same, other, missing = filecmp.cmpfiles(
        stage.folder / "first", stage.folder / "second", names, shallow=False
    )
    stage.equal("byte_equal", "files that both runs wrote, byte for byte", len(same), len(names))
    stage.equal("different", "files that differ, or that one run lacks", len(other) + len(missing), 0)
    again = second.fill(service.url, GOOD, years)
    stage.equal("nothing_twice", "requests of a run that has everything", again.requests, 0)


def _prove_repair(stage: Stage, archive: Archive, service: Service, years: range) -> None:
    stage.screen.step("Verify: one file is damaged, one cut off, one is gone")
    began = time.monotonic()
    before = archive.verify()
    stage.screen.say(f"{len(before)} files read to their end, {seconds(time.monotonic() - began)}")
    stage.equal("verified", "files that are as they were registered", _results(before)["ok"], len(before))
    damaged, cut, gone = (stage.folder / "first" / f"{station}-{LAST}{chunks.ENDING}" for station in GOOD[:3])
    data = bytearray(damaged.read_bytes())
    data[len(data) // 3] ^= 4
    damaged.write_bytes(data)
    os.truncate(cut, cut.stat().st_size // 2)
    gone.unlink()
    after = archive.verify()
    for verdict in after:
        if not verdict.is_good:
            stage.screen.say(f"{verdict.result:<10} {verdict.file}: {verdict.why}")
    found = {verdict.file: str(verdict.result) for verdict in after if not verdict.is_good}
    wanted = {damaged.name: "damaged", cut.name: "truncated", gone.name: "missing"}
    stage.equal("found", "each of the three is found and named, no other", found == wanted, wanted=True)
    for file in found:
        archive.forget(file)
    report = archive.fill(service.url, GOOD, years)
    stage.equal("mended", "files that were fetched to mend them", report.files, 3)
    stage.equal("mended_ok", "files that are right afterwards", _results(archive.verify())["ok"], len(before))


def _results(verdicts: list[Verdict]) -> dict[str, int]:
    return {"ok": sum(verdict.is_good for verdict in verdicts)}


def _prove_questions(stage: Stage, archive: Archive, place: Target, years: range) -> None:
    stage.screen.step(f"A question: how warm was July in {GOOD[0]}, year by year?")
    for path in (stage.folder / "first").iterdir():
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    with db.connect(stage.dsn) as conn:
        reader = Reader(conn, archive, place)
        began = time.monotonic()
        answer = reader.july(GOOD[0])
        cold = time.monotonic() - began
        opened = reader.opened
        again, times = {}, []
        for _ in range(5):
            began = time.monotonic()
            again = reader.july(GOOD[0])
            times.append(time.monotonic() - began)
    warm = statistics.median(times)
    stage.screen.say(
        f"{LAST}: {answer[str(LAST)]:.2f} degrees; cold {1000 * cold:.1f} ms, warm {1000 * warm:.1f} ms"
    )
    truth = {
        str(year): statistics.fmean(
            float(line.split(b",")[1])
            for line in stations.text(GOOD[0], year).splitlines()
            if line[5:7] == b"07"
        )
        for year in years
    }
    right = all(abs(answer[year] - truth[year]) < 1e-9 for year in truth) and answer.keys() == truth.keys()
    stage.equal("answer", "the answer is that of the service's own records", right, wanted=True)
    stage.equal("opened", "files opened for it: those of the station", opened, len(years))
    unread = again == answer and reader.opened == opened
    stage.equal("same_answer", "the warm answer is the same, and opens none", unread, wanted=True)
    stage.at_most("warm", "time of the warm answer, against the cold one", warm / cold, 0.5, "times")
    stage.result["question"] = {"cold_ms": round(1000 * cold, 2), "warm_ms": round(1000 * warm, 2)}
