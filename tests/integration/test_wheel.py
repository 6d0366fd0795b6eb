"""The built wheel works by itself: no work tree, no Node, no compiler.

The wheel is installed into an environment of its own, which borrows the third-party packages
of this one: fetching them again would prove nothing about the wheel.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(
    *command: str | Path, cwd: Path, path: str | None = None
) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    environment = {**kept, "PATH": path or os.environ["PATH"]}
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder)
    done = run(*build, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", wheel)
    done = run(*pip, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder / "bin" / "itemproof"


def itemproof(program: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run(program, *arguments, cwd=cwd, path=str(program.parent))


def test_the_wheel_carries_contract_schema_catalogues_pages_and_font(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "traceability/chain/abi/AnchorRegistry.json",
        "traceability/events/schema.json",
        "traceability/store/migrations/env.py",
    ):
        assert wanted in names
    for suffix in (".po", ".js", ".css", ".ttf"):
        assert [name for name in names if name.endswith(suffix)], suffix


def test_the_wheel_carries_no_tests_and_no_sources_of_the_pages(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "traceability",
        "ledger_api",
        "analytics",
    }
    assert not [name for name in names if "node_modules" in name or "package.json" in name]


def test_the_installed_program_is_not_the_work_tree(program: Path, tmp_path: Path) -> None:
    python = program.parent / "python"
    done = run(python, "-c", "import ledger_api; print(ledger_api.__file__)", cwd=tmp_path)
    assert Path(done.stdout.strip()).is_relative_to(program.parent.parent)


def test_the_installed_program_shows_the_help_of_serve(program: Path, tmp_path: Path) -> None:
    done = itemproof(program, "serve", "--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--data" in done.stdout


def test_the_installed_program_validates(program: Path, tmp_path: Path) -> None:
    page = tmp_path / "half.jsonld"
    page.write_text('{"@context": [', encoding="utf-8")
    done = itemproof(program, "validate", "--json", str(page), cwd=tmp_path)
    assert done.returncode == 1
    assert "JSON_SYNTAX" in done.stdout


def test_the_installed_program_verifies_nothing_without_trust(
    program: Path, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.json"
    bundle.write_text("{}", encoding="utf-8")
    done = itemproof(program, "verify", str(bundle), cwd=tmp_path)
    assert done.returncode == 2
