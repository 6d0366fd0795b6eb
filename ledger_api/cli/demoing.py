"""`demo`: the whole story in a fresh data folder, ending with a tampered row caught."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from ledger_api.demo.wording import words
from ledger_api.i18n.terms import term

if TYPE_CHECKING:
    from ledger_api.demo.cast import Party
    from ledger_api.settings import Settings


def demo(data: DataDir = DEFAULT_DATA, as_json: AsJSON = False) -> None:
    """Tell the whole story in a fresh data folder; an earlier demonstration there starts over."""
    run(data, as_json, _demo)


def _demo(command: Command) -> None:
    from ledger_api.demo.folder import demo_folder
    from ledger_api.demo.plan import make_plan
    from ledger_api.demo.story import Story, planned_batches
    from ledger_api.wiring import open_node

    started = time.monotonic()
    settings = local_settings(command.settings)
    teller = Teller(command)
    plan = make_plan()
    with (
        demo_folder(command.data_dir, batches=planned_batches(plan)),
        open_node(settings, command.data_dir, need="required") as node,
        node.store.lock("serve", wait=False),
    ):
        facts = Story(node, plan, settings.base_url, teller.say).tell()
    facts["seconds"] = round(time.monotonic() - started, 3)
    is_default = command.data_dir == DEFAULT_DATA
    serve = "itemproof serve"
    if not is_default:
        serve += f" --data {shlex.quote(str(command.data_dir))}"
    closing = [
        words("open", language=command.output.lang, url=facts["item_url"]),
        words("serve", language=command.output.lang, command=serve),
    ]
    command.output.answer(facts, closing)


def local_settings(settings: Settings) -> Settings:
    """Return settings that keep to the data folder: its own SQLite and its own test chain."""
    own = {
        "database_url": None,
        "rpc_urls": (),
        "contract": None,
        "log_id": None,
        "publisher_key_file": None,
        "finality": "tag",
        "fee_mode": "eip1559",
    }
    return settings.model_copy(update=own)


class Teller:
    """Prints each step when it is done: for a person on standard output, else on error."""

    def __init__(self, command: Command) -> None:
        self._output = command.output

    def say(self, step: str, /, **values: object) -> None:
        """Print one step."""
        grades = values.get("scores")
        if isinstance(grades, Mapping):
            values["scores"] = self._grades(grades)
        if "state" in values:
            values["state"] = term("state", str(values["state"]), language=self._output.lang)
        line = words(step, language=self._output.lang, **values)
        if self._output.as_json:
            self._output.progress(line)
        else:
            self._output.answer({}, [line])

    def _grades(self, grades: Mapping[Party, tuple[int, tuple[str, ...]]]) -> str:
        lang = self._output.lang
        comma, semicolon = ("、", "；") if lang == "zh" else (", ", "; ")
        return semicolon.join(
            words(
                "score",
                language=lang,
                name=party.name_zh if lang == "zh" else party.name_en,
                level=level,
                limiting=comma.join(term("metric", name, language=lang) for name in limiting),
            )
            for party, (level, limiting) in grades.items()
        )
