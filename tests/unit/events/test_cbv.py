"""Standard words have one name in all their forms; others are URIs of somebody else's."""

import pytest

from traceability.events.cbv import (
    BIZ_STEPS,
    BIZ_TRANSACTION_TYPES,
    COMPONENTS,
    DISPOSITIONS,
    ERROR_REASONS,
    MEASUREMENTS,
    SENSOR_ALERTS,
    SOURCE_DESTINATION_TYPES,
    UnknownWord,
    Vocabulary,
    biz_step_name,
)

# Each vocabulary, its size in CBV 2.0, the local name of its Web URIs, the name in its URNs.
VOCABULARIES = [
    (BIZ_STEPS, 41, "BizStep", "bizstep"),
    (DISPOSITIONS, 33, "Disp", "disp"),
    (BIZ_TRANSACTION_TYPES, 13, "BTT", "btt"),
    (SOURCE_DESTINATION_TYPES, 3, "SDT", "sdt"),
    (ERROR_REASONS, 2, "ER", "er"),
    (COMPONENTS, 14, "Comp", ""),
]
WEB_VOCABULARIES = [(MEASUREMENTS, 72), (SENSOR_ALERTS, 2)]


@pytest.mark.parametrize(("vocabulary", "size", "web", "urn"), VOCABULARIES)
def test_every_form_of_every_word_has_its_bare_name(
    vocabulary: Vocabulary, size: int, web: str, urn: str
) -> None:
    assert len(set(vocabulary.words)) == len(vocabulary.words) == size
    for word in vocabulary.words:
        forms = [word, f"cbv:{web}-{word}", f"https://ref.gs1.org/cbv/{web}-{word}"]
        forms += [f"http://ns.gs1.org/cbv/{web}-{word}"]
        forms += [f"urn:epcglobal:cbv:{urn}:{word}"] if urn else []
        assert [vocabulary.name_of(form) for form in forms] == [word] * len(forms)


@pytest.mark.parametrize(("vocabulary", "size"), WEB_VOCABULARIES)
def test_words_of_the_web_vocabulary_have_their_bare_names(
    vocabulary: Vocabulary, size: int
) -> None:
    assert len(set(vocabulary.words)) == len(vocabulary.words) == size
    for word in vocabulary.words:
        forms = [
            word,
            f"gs1:{word}",
            f"https://gs1.org/voc/{word}",
            f"https://ref.gs1.org/voc/{word}",
        ]
        assert {vocabulary.name_of(form) for form in forms} == {word}


@pytest.mark.parametrize(
    "text",
    ["urn:example:dancing", "https://example.org/steps/dancing?x=1#y", "ex:dancing", "urn:x:%20"],
)
def test_user_vocabularies_stay_as_they_are(text: str) -> None:
    assert biz_step_name(text) == text
    assert DISPOSITIONS.name_of(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Shipping",
        "shipping ",
        "in_transit",
        "BizStep-shipping",
        "cbv:shipping",
        "cbv:BizStep-dancing",
        "cbv:Disp-active",
        "https://ref.gs1.org/cbv/BizStep-Shipping",
        "https://ns.gs1.org/cbv/",
        "urn:epcglobal:cbv:bizstep:dancing",
        "urn:epcglobal:cbv:disp:active",
        "example.org/steps",
        "urn:",
        "urn:a b",
        "urn:%2",
        "https://example.org/步",
    ],
)
def test_rejects_what_is_neither(text: str) -> None:
    with pytest.raises(UnknownWord, match="expected a word of the CBV or a URI of your own") as got:
        biz_step_name(text)
    assert got.value.code == "EPCIS_VOCABULARY"
    assert got.value.got == repr(text)


def test_a_disposition_is_no_step() -> None:
    assert DISPOSITIONS.name_of("active") == "active"
    with pytest.raises(UnknownWord, match="bizStep is unknown"):
        biz_step_name("active")
    with pytest.raises(UnknownWord, match="disposition is unknown"):
        DISPOSITIONS.name_of("shipping")
