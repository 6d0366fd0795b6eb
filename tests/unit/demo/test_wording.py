from __future__ import annotations

import inspect
import re
from string import Formatter

import pytest

from ledger_api.demo import story
from ledger_api.demo.wording import LINES, words


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


class TestWords:
    @pytest.mark.parametrize("step", LINES)
    def test_both_languages_fill_in_the_same_values(self, step):
        chinese, english = LINES[step]
        assert fields(chinese) == fields(english)

    def test_every_step_of_the_story_has_its_line(self):
        said = set(re.findall(r'\.say\(\s*"(\w+)"', inspect.getsource(story)))
        assert said
        assert said <= set(LINES)

    def test_language_decides(self):
        assert words("scores", language="zh", scores="甲") == "供应商评级：甲"
        assert words("scores", language="en", scores="A") == "supplier grades: A"

    def test_value_that_is_missing_is_an_error(self):
        with pytest.raises(KeyError, match="scores"):
            words("scores", language="en")
