"""The archive: a run over stations and years, its report, and questions about what is there."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import httpx

from pydb import db
from pydb.archive import chunks
from pydb.archive.chunks import Chunk
from pydb.demo.services.stage import script
from pydb.demo.services.weather_archive import fetching
from pydb.errors import PydbError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.archive.target import Target
    from pydb.archive.verify import Verdict

AT_ONCE: Final = 4
_TIME: Final = 17


@dataclass
class Report:
    """What a run did: sizes in bytes, times in seconds (of all threads together, but ``total``)."""

    run: str
    files: int = 0
    kept: int = 0
    records: int = 0
    bytes_raw: int = 0
    bytes_wire: int = 0
    bytes_compressed: int = 0
    requests: int = 0
    retried: Counter[str] = field(default_factory=Counter)
    seconds: fetching.Seconds = field(default_factory=lambda: defaultdict(float))
    failed: dict[str, str] = field(default_factory=dict)
    cleaned: list[str] = field(default_factory=list)

    def document(self) -> dict[str, object]:
        """The result as plain values, for programs."""
        return {
            **{name: value for name, value in vars(self).items() if name not in ("retried", "seconds")},
            "ratio": round(self.bytes_raw / self.bytes_compressed, 2) if self.bytes_compressed else None,
            "bytes_per_record": round(self.bytes_compressed / self.records, 2) if self.records else None,
            "retried": dict(sorted(self.retried.items())),
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
        }


class Archive:
    """Files of a directory, and the rows of ``weather.chunk`` that say which of them count."""

    def __init__(self, dsn: str, place: Target, run: str) -> None:
        self._dsn, self._place, self._run = dsn, place, run
        self.pauses: list[tuple[str, float]] = []

    def fill(self, url: str, stations: Sequence[str], years: Sequence[int]) -> Report:
        """Fetch what is not registered; a station that fails stops no other one."""
        began = time.monotonic()
        report = Report(self._run, cleaned=chunks.clean(self._place))
        limits = httpx.Limits(max_connections=AT_ONCE)
        with (
            httpx.Client(base_url=url, timeout=fetching.TIMEOUT, limits=limits, trust_env=False) as client,
            ThreadPoolExecutor(AT_ONCE) as pool,
        ):
            parts = list(pool.map(lambda station: self._station(client, station, years), stations))
        for part, told in parts:
            self._add(report, part, told)
        report.seconds["total"] = time.monotonic() - began
        return report

    def _add(self, report: Report, part: Report, told: fetching.Told) -> None:
        for name in ("files", "kept", "records", "bytes_raw", "bytes_compressed"):
            setattr(report, name, getattr(report, name) + getattr(part, name))
        report.failed.update(part.failed)
        fetching.add(report.seconds, part.seconds)
        fetching.add(report.seconds, told.seconds)
        report.retried.update(told.retried)
        report.requests += told.requests
        report.bytes_wire += told.bytes_wire
        self.pauses += told.pauses

    def _station(
        self, client: httpx.Client, station: str, years: Sequence[int]
    ) -> tuple[Report, fetching.Told]:
        part, told = Report(self._run), fetching.Told()
        try:
            with db.connect(self._dsn) as conn:
                registered = {chunk.file for chunk in self.chunks(conn, station)}
                for year in years:
                    if f"{station}-{year}{chunks.ENDING}" in registered:
                        part.kept += 1
                    else:
                        body = fetching.fetch(client, (station, year), told)
                        self._keep(conn, part, station, year, body)
        except (httpx.HTTPError, fetching.BadData, PydbError, OSError) as error:
            part.failed[station] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        return part, told

    def _keep(self, conn: db.Connection, part: Report, station: str, year: int, body: bytes) -> None:
        """Write, read back, and only then register."""
        name = f"{station}-{year}"
        self._place.remove(
            name + chunks.ENDING
        )  # whole, and of a run that was killed before it registered it
        chunk = chunks.write(
            self._place,
            name,
            body.splitlines(keepends=True),
            source=station,
            time=lambda line: line[:_TIME],
            phase=lambda phase, seconds: fetching.add(part.seconds, {phase: seconds}),
        )
        began = time.monotonic()
        values = {field: getattr(chunk, field) for field in Chunk.__slots__ if field != "source"}
        db.run_query(
            conn, script(__file__, "register.sql"), run=self._run, station=station, year=year, **values
        )
        part.seconds["register"] += time.monotonic() - began
        part.files += 1
        part.records += chunk.rows
        part.bytes_raw += chunk.bytes_raw
        part.bytes_compressed += chunk.bytes

    def chunks(self, conn: db.Connection, station: str | None = None) -> list[Chunk]:
        """What is registered, of one station or of all, in order."""
        found = db.run_query(conn, script(__file__, "registered.sql"), run=self._run, station=station)
        return [
            Chunk(
                source=str(row["station"]),
                **{name: row[name] for name in Chunk.__slots__ if name != "source"},  # type: ignore[arg-type]
            )
            for row in found
        ]

    def verify(self) -> list[Verdict]:
        """Each registered file, read to its end."""
        with db.connect(self._dsn) as conn, ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda chunk: chunks.check(self._place, chunk), self.chunks(conn)))

    def forget(self, file: str) -> None:
        """Take a file out: the next run fetches it again."""
        with db.connect(self._dsn) as conn:
            db.run_query(conn, script(__file__, "forget.sql"), run=self._run, file=file)
        self._place.remove(file)


class Reader:
    """Questions about one archive, over one connection; what was read of a few files is kept."""

    def __init__(self, conn: db.Connection, archive: Archive, place: Target) -> None:
        self._conn, self._archive, self._place = conn, archive, place
        self._months = lru_cache(maxsize=64)(self._of_file)
        self.opened = 0

    def july(self, station: str) -> dict[str, float]:
        """The mean temperature of each July, by year; degrees."""
        known = self._archive.chunks(self._conn, station)
        return {str(chunk.oldest)[:4]: self._months(chunk.file, chunk.sha256)["07"] for chunk in known}

    def _of_file(self, file: str, _sha256: str) -> dict[str, float]:
        self.opened += 1
        sums: dict[str, tuple[float, int]] = {}
        for line in chunks.lines(self._place, file):
            month, degrees = line[5:7].decode(), float(line.split(b",", 2)[1])
            total, number = sums.get(month, (0.0, 0))
            sums[month] = total + degrees, number + 1
        return {month: total / number for month, (total, number) in sums.items()}
