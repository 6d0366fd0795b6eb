"""The header of a document to XML: sender, receiver, master data.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), sections 9.2 and 9.4; UN/CEFACT Standard Business Document
Header, version 1.3, of which JSON-LD knows three members.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from traceability.events.faults import shown
from traceability.events.xml.faults import not_expressible
from traceability.events.xml.markup import ExtensionWriter, escape, escape_attribute, is_possible


def header(
    members: Mapping[str, Any],
    *,
    extensions: ExtensionWriter,
    prefix: str,
    created: str,
    form: str,
) -> str:
    """Return a document's header.

    Parameters
    ----------
    members
        Those of the document that belong into it.
    prefix
        Of the business header's namespace.
    created
        The document's date.
    form
        What is being written, for errors.

    Raises
    ------
    NotExpressible
        An extension in the header, for which XML has no place.
    """
    inside = _business_header(members, prefix=prefix, created=created, form=form)
    for name, value in members.get("epcisHeader", {}).items():
        if name != "epcisMasterData":
            raise not_expressible(f"/epcisHeader/{name}", f"member {shown(name)}", form)
        listed = value.get("vocabularyList", [])
        master = vocabulary_list(listed, extensions=extensions, form=form)
        inside += f"<extension><EPCISMasterData>{master}</EPCISMasterData></extension>"
    return f"<EPCISHeader>{inside}</EPCISHeader>"


def _business_header(members: Mapping[str, Any], *, prefix: str, created: str, form: str) -> str:
    """Return the Standard Business Document Header, which version 1.2 demands in each header."""
    texts = {name: members.get(name, "") for name in ("sender", "receiver", "instanceIdentifier")}
    for name, text in texts.items():
        if not isinstance(text, str) or not is_possible(text):
            raise not_expressible(f"/{name}", f"this {name}", form)
    sender, receiver, identifier = (escape(text) for text in texts.values())
    p = prefix
    return (
        f"<{p}:StandardBusinessDocumentHeader><{p}:HeaderVersion>1.0</{p}:HeaderVersion>"
        f"<{p}:Sender><{p}:Identifier>{sender}</{p}:Identifier></{p}:Sender>"
        f"<{p}:Receiver><{p}:Identifier>{receiver}</{p}:Identifier></{p}:Receiver>"
        f"<{p}:DocumentIdentification><{p}:Standard>EPCglobal</{p}:Standard>"
        f"<{p}:TypeVersion>1.0</{p}:TypeVersion>"
        f"<{p}:InstanceIdentifier>{identifier}</{p}:InstanceIdentifier>"
        f"<{p}:Type>Events</{p}:Type>"
        f"<{p}:CreationDateAndTime>{escape(created)}</{p}:CreationDateAndTime>"
        f"</{p}:DocumentIdentification></{p}:StandardBusinessDocumentHeader>"
    )


def vocabulary_list(
    vocabularies: Sequence[Mapping[str, Any]], *, extensions: ExtensionWriter, form: str
) -> str:
    """Return a list of master data vocabularies."""
    try:
        found = "".join([_vocabulary(each, extensions) for each in vocabularies])
    except (TypeError, AttributeError, KeyError) as error:
        raise not_expressible("/epcisHeader/epcisMasterData", "this master data", form) from error
    return f"<VocabularyList>{found}</VocabularyList>"


def _vocabulary(vocabulary: Mapping[str, Any], extensions: ExtensionWriter) -> str:
    """Return one vocabulary."""
    inside = ""
    if "vocabularyElementList" in vocabulary:
        elements = [_element(each, extensions) for each in vocabulary["vocabularyElementList"]]
        inside = f"<VocabularyElementList>{''.join(elements)}</VocabularyElementList>"
    rest = _others(vocabulary, "type", "vocabularyElementList")
    kind = escape_attribute(vocabulary["type"])
    return f'<Vocabulary type="{kind}">{inside}{extensions.members(rest)}</Vocabulary>'


def _element(element: Mapping[str, Any], extensions: ExtensionWriter) -> str:
    """Return one element of a vocabulary."""
    parts = [_attribute(each, extensions) for each in element.get("attributes", ())]
    if element.get("children"):
        ids = "".join([f"<id>{escape(each)}</id>" for each in element["children"]])
        parts.append(f"<children>{ids}</children>")
    parts.append(extensions.members(_others(element, "id", "attributes", "children")))
    start = f'<VocabularyElement id="{escape_attribute(element["id"])}">'
    return f"{start}{''.join(parts)}</VocabularyElement>"


def _attribute(attribute: Mapping[str, Any], extensions: ExtensionWriter) -> str:
    """Return one attribute of master data, whose value may be of any kind."""
    value = attribute.get("attribute", "")
    written = extensions.member("attribute", value if not isinstance(value, list) else [value])
    return f'<attribute id="{escape_attribute(attribute["id"])}"{written[len("<attribute") :]}'


def _others(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: each for name, each in value.items() if name not in names}
