"""Label sheets, read back as a scanner would read the print."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from ledger_api import labels as labels_module
from ledger_api.i18n.local_text import LocalText
from ledger_api.label_page import (
    FONT_FILE,
    LabelAddressTooLong,
    LabelFontMissing,
    fit_lines,
    module_width,
    register_font,
)
from ledger_api.labels import (
    LABELS_PER_PAGE,
    Label,
    LabelBaseURLRefused,
    LabelCountRefused,
    check_base_url,
    write_label_sheet,
)
from ledger_api.qr_codes import QRTooLong, make_symbol, to_png, to_svg
from traceability.codes.serials import new_serials
from traceability.errors import InvalidInput

BASE_URL = "https://trace.example.cn"
GTIN = "06901234567892"
PRODUCT = LocalText("交联聚乙烯绝缘电力电缆 YJV 3×95", "XLPE insulated power cable YJV 3×95")
DOTS_PER_INCH = 150
MM_PER_INCH = 25.4


def lot_of(quantity: int, lot: str = "DR-2026-0042") -> list[Label]:
    return [Label(GTIN, lot, serial) for serial in new_serials(quantity)]


def pages_of(path: Path) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(path)
    try:
        return [page.render(scale=DOTS_PER_INCH / 72).to_pil() for page in document]
    finally:
        document.close()


def codes_in(image: Image.Image) -> list[zxingcpp.Barcode]:
    return list(zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode))


def text_of(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


@pytest.mark.parametrize("quantity", [1, LABELS_PER_PAGE, LABELS_PER_PAGE + 1, 100])
def test_every_label_reads_back_as_its_own_address(quantity: int, tmp_path: Path) -> None:
    labels = lot_of(quantity)
    drawn: list[int] = []
    sheet = write_label_sheet(
        tmp_path / "sheet.pdf", labels, base_url=BASE_URL, product=PRODUCT, progress=drawn.append
    )
    pages = pages_of(tmp_path / "sheet.pdf")
    found = [code.text for page in pages for code in codes_in(page)]
    assert sorted(found) == sorted(label.url(BASE_URL) for label in labels)
    assert (sheet.labels, sheet.pages) == (quantity, len(pages))
    assert drawn[-1] == quantity
    assert len(drawn) == sheet.pages


def test_symbols_are_of_level_m_with_modules_that_print(tmp_path: Path) -> None:
    write_label_sheet(tmp_path / "sheet.pdf", lot_of(3), base_url=BASE_URL, product=PRODUCT)
    for code in codes_in(pages_of(tmp_path / "sheet.pdf")[0]):
        assert code.ec_level == "M"
        corner = code.position
        pixels = (corner.top_right.x - corner.top_left.x) / make_symbol(code.text).size
        assert 0.396 <= pixels * MM_PER_INCH / DOTS_PER_INCH <= 0.990


def test_quiet_zone_of_four_modules_stays_blank(tmp_path: Path) -> None:
    write_label_sheet(tmp_path / "sheet.pdf", lot_of(21), base_url=BASE_URL, product=PRODUCT)
    page = pages_of(tmp_path / "sheet.pdf")[0].convert("L")
    codes = codes_in(page)
    assert len(codes) == LABELS_PER_PAGE
    for code in codes:
        left, top = code.position.top_left.x, code.position.top_left.y
        right, bottom = code.position.bottom_right.x, code.position.bottom_right.y
        quiet = int(3.8 * (right - left) / make_symbol(code.text).size)
        around = page.crop((left - quiet, top - quiet, right + quiet, bottom + quiet))
        around.paste(
            255, (quiet - 2, quiet - 2, around.width - quiet + 2, around.height - quiet + 2)
        )
        assert around.getextrema() == (255, 255)


def test_words_beside_the_symbol_say_product_and_serial(tmp_path: Path) -> None:
    label = Label(GTIN, "DR-2026-0042", "7K3M9Q2X5T8V1C4N")
    write_label_sheet(tmp_path / "sheet.pdf", [label], base_url=BASE_URL, product=PRODUCT)
    text = text_of(tmp_path / "sheet.pdf")
    for words in ("交联聚乙烯", GTIN, "DR-2026-0042", "7K3M 9Q2X", "5T8V 1C4N"):
        assert words in text


def test_the_font_is_embedded_as_a_subset(tmp_path: Path) -> None:
    write_label_sheet(tmp_path / "sheet.pdf", lot_of(1), base_url=BASE_URL, product=PRODUCT)
    written = (tmp_path / "sheet.pdf").read_bytes()
    assert b"/FontFile2" in written
    assert len(written) < 100_000


def test_many_labels_are_made_by_several_processes_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels_module, "PROCESSES_FROM", 1)
    monkeypatch.setattr(labels_module.os, "cpu_count", lambda: 2)
    labels = lot_of(LABELS_PER_PAGE)
    write_label_sheet(tmp_path / "sheet.pdf", labels, base_url=BASE_URL, product=PRODUCT)
    found = {code.text: code.position for code in codes_in(pages_of(tmp_path / "sheet.pdf")[0])}
    places = [found[label.url(BASE_URL)].top_left for label in labels]
    in_reading_order = sorted(places, key=lambda point: (round(point.y / 40), point.x))
    assert [(p.x, p.y) for p in places] == [(p.x, p.y) for p in in_reading_order]


def test_the_same_labels_make_the_same_bytes(tmp_path: Path) -> None:
    labels = lot_of(2)
    for name in ("one.pdf", "two.pdf"):
        write_label_sheet(tmp_path / name, labels, base_url=BASE_URL, product=PRODUCT)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


@pytest.mark.parametrize(
    "base_url",
    ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000", "https://a.localhost/x"],
)
def test_refuses_an_address_of_this_machine_unless_told(base_url: str) -> None:
    with pytest.raises(LabelBaseURLRefused, match="leads nowhere for others") as refusal:
        check_base_url(base_url)
    assert refusal.value.code == "LABEL_BASE_URL"
    check_base_url(base_url, allow_local=True)


@pytest.mark.parametrize(
    "base_url",
    ["trace.example.cn", "ftp://trace.example.cn", "https://", "https://u:p@example.cn",
     "https://example.cn/?a=1", "https://example.cn:port", "https://[::1", ""],
)  # fmt: skip
def test_refuses_what_is_no_plain_web_address(base_url: str) -> None:
    with pytest.raises(LabelBaseURLRefused, match="is no web address"):
        check_base_url(base_url, allow_local=True)


def test_accepts_a_public_address_with_a_path() -> None:
    check_base_url("https://example.cn/trace")


@pytest.mark.parametrize("quantity", [0, 3])
def test_refuses_a_number_of_labels_out_of_range(
    quantity: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels_module, "MAX_LABELS", 2)
    with pytest.raises(LabelCountRefused, match="expected 1 to 2"):
        write_label_sheet(
            tmp_path / "sheet.pdf", lot_of(quantity), base_url=BASE_URL, product=PRODUCT
        )
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_check_digit_leaves_the_older_sheet_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "sheet.pdf"
    path.write_bytes(b"older")
    wrong = Label("06901234567893", "L1", "A")
    with pytest.raises(InvalidInput, match="check digit"):
        write_label_sheet(path, [wrong], base_url=BASE_URL, product=PRODUCT)
    assert [file.name for file in tmp_path.iterdir()] == ["sheet.pdf"]
    assert path.read_bytes() == b"older"


def test_a_long_address_gets_more_room_but_never_too_small_a_module() -> None:
    assert module_width(41) > module_width(80) > module_width(90)
    with pytest.raises(LabelAddressTooLong, match="expected at most 90 modules, got 93"):
        module_width(93)


def test_says_so_when_the_font_was_not_built(tmp_path: Path) -> None:
    with pytest.raises(LabelFontMissing, match=r"NotoSansSC-Regular\.ttf"):
        register_font(tmp_path / FONT_FILE.name)


def test_a_name_breaks_at_spaces_or_between_characters_and_ends_in_an_ellipsis() -> None:
    register_font()
    assert fit_lines("power cable", 6, width=24, lines=2) == ["power", "cable"]
    assert fit_lines("电力电缆", 8, width=20, lines=2) == ["电力", "电缆"]
    assert fit_lines("电力电缆电力电缆", 8, width=32, lines=1) == ["电力电…"]
    assert fit_lines("", 8, width=32, lines=1) == []


def test_single_pictures_read_back() -> None:
    url = lot_of(1)[0].url(BASE_URL)
    picture = Image.open(io.BytesIO(to_png(make_symbol(url))))
    assert [code.text for code in codes_in(picture)] == [url]
    svg = to_svg(make_symbol(url), title="a<b & c")
    assert svg.startswith("<svg ")
    assert "<title>a&lt;b &amp; c</title>" in svg


def test_a_picture_has_four_blank_modules_on_each_side() -> None:
    symbol = make_symbol("A")
    picture = Image.open(io.BytesIO(to_png(symbol, module_pixels=1)))
    assert picture.size == (symbol.size + 8, symbol.size + 8)
    dark = picture.convert("L").point(lambda value: 255 - value).getbbox()
    assert dark == (4, 4, symbol.size + 4, symbol.size + 4)


def test_refuses_what_no_symbol_holds() -> None:
    with pytest.raises(QRTooLong, match="at most 2331 bytes, got 2400"):
        make_symbol("a" * 2400)
