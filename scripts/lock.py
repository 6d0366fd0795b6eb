"""Write the hashed lock files in requirements/ from pyproject.toml and the .in files.

One set of pins serves every Python from 3.11 on and every platform. Without options, pins
that still fit are kept; `--upgrade` takes the newest versions. No index address is
written: whichever index a machine uses, the hashes decide.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = (
    *("uv", "pip", "compile", "--quiet", "--no-config", "--generate-hashes"),
    *("--universal", "--python-version=3.11", "--fork-strategy=fewest"),
    *("--no-emit-index-url", "--no-emit-find-links"),
)
# In this order: a later file is constrained by the pins of an earlier one.
LOCKS = (
    ("runtime.txt", ("pyproject.toml",)),
    ("dev.txt", ("--extra=dev", "--constraint=requirements/runtime.txt", "pyproject.toml")),
    ("setup.txt", ("--constraint=requirements/dev.txt", "requirements/setup.in")),
    ("node.txt", ("requirements/node.in",)),
    ("slither.txt", ("requirements/slither.in",)),
    ("spark.txt", ("requirements/spark.in",)),
)


def main() -> None:
    """Compile each lock file in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    extra = ["--upgrade"] if parser.parse_args().upgrade else []
    environment = {**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "make lock"}
    for name, inputs in LOCKS:
        print(f"requirements/{name}", flush=True)
        output = f"--output-file=requirements/{name}"
        subprocess.run([*COMPILE, *extra, output, *inputs], cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    main()
