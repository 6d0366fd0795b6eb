"""A table is columns of one length, or says where it is wrong."""

from pathlib import Path

import pytest

from ledger_api.spc.tables import TableInvalid, parse_table, read_table


def test_columns_are_cells_without_outer_spaces() -> None:
    table = parse_table("lot, d\nA, 1\n\nB,2\n")
    assert table.columns == {"lot": ("A", "B"), "d": ("1", "2")}
    assert table.rows == 2
    assert table.optional("level", "II") == ("II", "II")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_spreadsheets_of_china_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("直径\r\n8.01\r\n".encode(encoding))
    assert read_table(path).column(None, option="--column") == ("8.01",)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a\n\xff\xff\n")
    with pytest.raises(TableInvalid, match="table is no text"):
        read_table(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "table is empty"), ("a,b\n", "table is empty: .* got 1 rows"),
     ("a,a\n1,2\n", "columns need different names"), ("a,\n1,2\n", "columns need different names"),
     ("a,b\n1,2\n3\n", "row 3 is uneven: expected 2 cells, got 1"),
     ('a\n"1\n', "table is not CSV")],
)  # fmt: skip
def test_uneven_and_empty_tables_are_refused(text: str, message: str) -> None:
    with pytest.raises(TableInvalid, match=message):
        parse_table(text)


@pytest.mark.parametrize("name", [None, "c"])
def test_a_column_that_is_not_there_is_refused_with_those_that_are(name: str | None) -> None:
    with pytest.raises(TableInvalid, match="expected one of 'a', 'b'"):
        parse_table("a,b\n1,2\n").column(name, option="--column")
