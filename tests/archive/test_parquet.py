"""Parquet is derived from the verified file, compared with it, and permits nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pyarrow import parquet as reader

from pydb import errors
from pydb.archive import manifest, parquet
from pydb.archive.verify import Result
from tests.archive.filelab import KITCHEN, TABLE, end

if TYPE_CHECKING:
    from tests.archive.filelab import FileLab


def known(files: FileLab) -> manifest.Manifest:
    (name,) = [name for name in files.files() if name.endswith(".json")]
    return manifest.parse((files.path / name).read_bytes())


def test_a_twin_holds_the_same_values(files: FileLab) -> None:
    files.table(100, ", amount numeric(12,2), ratio double precision, ok boolean, raw bytea, day date")
    files.do(
        "update app.event set amount = id / 7.0, ratio = case id % 3 when 0 then 'NaN' when 1 then 0.1 end,"
        " ok = id % 2 = 0, raw = decode('00ff5c09', 'hex'), day = '2024-02-29', note = E'tab\\t\\\\n ü\\n'"
    )
    outcome = files.export(parquet=True)
    assert end(outcome) == ("completed", "exhausted", 100)
    found = known(files)
    (twin,) = found.twins
    assert (twin["digest"], twin["as_text"]) == (found.digest, "")
    table = reader.read_table(files.path / twin["file"])
    assert table.schema.metadata[b"pydb.digest"] == found.digest.encode()
    row = table.slice(6, 1).to_pylist()[0]
    assert (row["id"], str(row["amount"]), row["ratio"], row["ok"], row["raw"], row["note"]) == (
        7, "1.00", 0.1, False, b"\x00\xff\\\t", "tab\t\\n ü\n",
    )  # fmt: skip
    assert set(files.verdicts().values()) == {Result.OK}


def test_groups_of_rows_that_were_read_in_pieces(files: FileLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "GROUP", 30)
    monkeypatch.setattr(parquet, "_PIECE", 7)
    files.table(100)
    assert files.export(parquet=True).tables[0].twin_error is None
    found = known(files)
    (twin,) = found.twins
    written = reader.ParquetFile(files.path / twin["file"])
    groups = [written.metadata.row_group(i) for i in range(written.num_row_groups)]
    assert [group.num_rows for group in groups] == [35, 35, 30]
    assert [row["id"] for row in written.read().to_pylist()] == list(range(1, 101))
    (files.path / twin["file"]).unlink()
    monkeypatch.setattr(parquet, "GROUP", 40)
    assert parquet.derive(files.target, found)["digest"] == found.digest


def test_what_it_cannot_hold_is_text_and_told(files: FileLab) -> None:
    files.do(KITCHEN)
    files.policy(TABLE)
    outcome = files.export(parquet=True)
    assert end(outcome) == ("completed", "exhausted", 3)
    assert outcome.tables[0].twin_error is None
    (twin,) = known(files).twins
    for told in ("rows (numeric)", "day (date)", "hours (interval)", "doc (jsonb)", "list (integer[])"):
        assert told in twin["as_text"]
    table = reader.read_table(files.path / twin["file"])
    assert table.column("day").to_pylist() == ["4713-01-01 BC", "infinity", None]


def test_a_damaged_twin_is_told_and_its_file_is_not(files: FileLab) -> None:
    files.table(2000)
    files.export(parquet=True)
    found = known(files)
    (twin,) = found.twins
    path = files.path / twin["file"]
    whole = path.read_bytes()
    place = whole.index(b"PAR1") + 200
    path.write_bytes(whole[:place] + bytes(64) + whole[place + 64 :])
    assert files.verdicts() == {found.file: Result.OK, twin["file"]: Result.DAMAGED}
    with pytest.raises(errors.FileRefused):
        parquet.check(files.target, found, twin)
    path.unlink()
    assert files.verdicts()[twin["file"]] is Result.MISSING
