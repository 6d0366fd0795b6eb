"""Keep a wheel from being built without the pages that belong inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT_PAGES = Path("ledger_api/web/static/build")


class PagesAreBuilt(BuildHookInterface[Any]):
    """Runs before each wheel; an editable install needs no pages yet."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling passes it
        """Refuse when the bundled scripts are missing."""
        if version != "editable" and not any((Path(self.root) / BUILT_PAGES).glob("*.js")):
            self.app.abort(f"{BUILT_PAGES} holds no bundled scripts: run `make wheel`")
