"""Build what the pages and labels need from the libraries that npm has installed.

    python scripts/build_web.py

Into ledger_api/web/static/build, which is not kept in the repository but goes into the wheel:
bundled scripts with their licences, Swagger UI, the font for labels, compiled catalogues.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from ledger_api.i18n.translations import BUILT, DOMAINS, LANGUAGES, built_of, compile_catalogue

WEB = Path(__file__).resolve().parent.parent / "ledger_api" / "web"
MODULES = WEB / "node_modules"
SCRIPTS = ("item.js", "api.js", "sign.js")
# What browsers of the last four years run; ed25519 needs BigInt anyway.
TARGET = "es2022"
COPIES = {
    "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf": (
        "NotoSansSC-Regular.ttf"
    ),
    "@expo-google-fonts/noto-sans-sc/LICENSE_FONT": "NotoSansSC-Regular.LICENSE.txt",
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui-bundle.js",
    "swagger-ui-dist/swagger-ui.css": "swagger-ui.css",
    "swagger-ui-dist/LICENSE": "swagger-ui.LICENSE.txt",
    "swagger-ui-dist/NOTICE": "swagger-ui.NOTICE.txt",
    "@noble/ed25519/LICENSE": "noble-ed25519.LICENSE.txt",
    "@noble/hashes/LICENSE": "noble-hashes.LICENSE.txt",
}


def bundle_scripts() -> None:
    """Bundle each page's modules into one minified module."""
    node = shutil.which("node")
    if node is None:
        sys.exit("build_web: no program 'node': run python3 scripts/setup.py")
    command = [node, str(MODULES / "esbuild" / "bin" / "esbuild"), f"--outdir={BUILT}"]
    command += ["--bundle", "--minify", "--format=esm", f"--target={TARGET}", "--log-level=warning"]
    command += ["--legal-comments=none"]  # The licences are copied beside the scripts.
    command += [str(WEB / "js" / name) for name in SCRIPTS]
    done = subprocess.run(command, cwd=WEB, check=False)
    if done.returncode:
        sys.exit(f"build_web: esbuild ended with {done.returncode}")


def copy_files() -> None:
    """Copy what is used as it comes."""
    for source, name in COPIES.items():
        shutil.copyfile(MODULES / source, BUILT / name)


def compile_catalogues() -> None:
    """Compile every catalogue of texts."""
    for language in LANGUAGES:
        for domain in DOMAINS:
            built_of(language, domain).write_bytes(compile_catalogue(language, domain))


def main() -> None:
    """Build everything anew."""
    argparse.ArgumentParser(
        description="Build scripts, styles, font and catalogues of the pages."
    ).parse_args()
    if not MODULES.is_dir():
        sys.exit("build_web: libraries are not installed: run python3 scripts/setup.py")
    BUILT.mkdir(parents=True, exist_ok=True)
    bundle_scripts()
    copy_files()
    compile_catalogues()


if __name__ == "__main__":
    main()
