"""Links of Markdown pages are followed to their headings, by GitHub's rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.markdown_links import anchors, link_faults, slug

PAGE = Path("docs/page.md")
OTHER = """# Key files
## Key files
## `audit --mirror`: what it checks (11)
## 附录 A：Data & 状态
```sh
# no heading
```
<a id="by-hand"></a>
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with a page, `docs/other.md`, to link to."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/other.md").write_text(OTHER, encoding="utf-8")
    (tmp_path / "docs/data.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Key files", "key-files"),
        ("11. Backup", "11-backup"),
        ("Mirror, rebuild, gate", "mirror-rebuild-gate"),
        ("`audit --mirror`: what it checks", "audit---mirror-what-it-checks"),
        ("A – B", "a--b"),
        ("`suspect_from` and _more_", "suspect_from-and-more"),
        ("See [formats](formats.md#x), **now**", "see-formats-now"),
        ("附录 A：Data & 状态", "附录-adata--状态"),
    ],
)
def test_the_anchor_of_a_heading_is_githubs(heading: str, anchor: str) -> None:
    assert slug(heading) == anchor


def test_a_heading_that_stands_again_is_counted_and_a_comment_in_a_block_is_none() -> None:
    assert anchors(OTHER) == {
        "key-files",
        "key-files-1",
        "audit---mirror-what-it-checks-11",
        "附录-adata--状态",
        "by-hand",
    }


@pytest.mark.parametrize(
    "link",
    [
        "other.md",
        "other.md#key-files",
        "other.md#key-files-1",
        "other.md#by-hand",
        "other.md#附录-adata--状态",
        "../docs/other.md#key-files",
        "data.json#line",
        "#here",
        "https://example.com/x.md#nowhere",
    ],
)
def test_a_link_to_what_is_there_passes(root: Path, link: str) -> None:
    assert list(link_faults(PAGE, f"# Here\n[a]({link})", root=root)) == []


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("no-such.md#key-files", "dead link: 'no-such.md'"),
        ("other.md#key-file", "no heading '#key-file' in 'other.md'"),
        ("other.md#key-files-2", "no heading '#key-files-2' in 'other.md'"),
        ("other.md#Key-files", "no heading '#Key-files' in 'other.md'"),
        ("other.md#no-heading", "no heading '#no-heading' in 'other.md'"),
        ("#there", "no heading '#there' in 'page.md'"),
    ],
)
def test_a_link_to_what_is_not_there_is_found(root: Path, link: str, fault: str) -> None:
    assert list(link_faults(PAGE, f"# Here\n\n[a]({link})", root=root)) == [(3, fault)]


def test_what_stands_in_a_block_is_no_link(root: Path) -> None:
    assert list(link_faults(PAGE, "```\n[a](no-such.md#x)\n```\n", root=root)) == []
