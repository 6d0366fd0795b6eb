"""JSON that is read, JSON that is refused, and the canonical form of what is read."""

from __future__ import annotations

import struct
from typing import Any

# Name, text or bytes, canonical text.
READ: tuple[tuple[str, str | bytes, str], ...] = (
    ("an empty object", "{}", "{}"),
    ("white space goes", ' { "a" : [ 1 , 2 ] }\r\n\t', '{"a":[1,2]}'),
    ("members are sorted", '{"b":1,"a":2}', '{"a":2,"b":1}'),
    (
        "members sort by UTF-16, not by code point",
        '{"\ufb33":1,"\U0001f600":2}',
        '{"\U0001f600":2,"\ufb33":1}',
    ),
    ("an empty member name", '{"":1}', '{"":1}'),
    ("one name at two depths", '{"a":{"a":1}}', '{"a":{"a":1}}'),
    ("a scalar", '"x"', '"x"'),
    ("null", "null", "null"),
    ("zero", "0", "0"),
    ("26.0 becomes 26", "26.0", "26"),
    ("1e2 becomes 100", "1e2", "100"),
    ("1E+2 becomes 100", "1E+2", "100"),
    ("a fraction", "0.1", "0.1"),
    ("0.10 becomes 0.1", "0.10", "0.1"),
    ("the largest safe integer", "9007199254740991", "9007199254740991"),
    ("two to the 53", "9007199254740992", "9007199254740992"),
    ("a large integer that a double holds", "9007199254740994", "9007199254740994"),
    ("ten to the 20 in digits", "100000000000000000000", "100000000000000000000"),
    ("ten to the 21 in digits", "1000000000000000000000", "1e+21"),
    ("the smallest double", "5e-324", "5e-324"),
    ("the largest double", "1.7976931348623157e308", "1.7976931348623157e+308"),
    ("a number of 400 characters", "1" + "." + "0" * 398, "1"),
    ("zero with a large exponent", "0e99999", "0"),
    ("a negative number", "-1.5", "-1.5"),
    ("an escaped solidus", '"\\/"', '"/"'),
    ("escapes", '"\\u000f\\u000a\\u0041\\u0022\\u005c\\u20ac"', '"\\u000f\\nA\\"\\\\\u20ac"'),
    ("a surrogate pair", '"\\ud83d\\ude00"', '"\U0001f600"'),
    ("delete is not escaped", '"\\u007f"', '"\x7f"'),
    ("brackets in strings are not depth", '["' + "[{" * 40 + '"]', '["' + "[{" * 40 + '"]'),
    ("32 levels", "[" * 32 + "]" * 32, "[" * 32 + "]" * 32),
    ("a name that is like a path", '{"a/b~c":1}', '{"a/b~c":1}'),
)
# Name, text or bytes, code, JSON pointer.
REFUSED: tuple[tuple[str, str | bytes, str, str], ...] = (
    ("nothing", "", "JSON_SYNTAX", ""),
    ("two values", "1 2", "JSON_SYNTAX", ""),
    ("a trailing comma", "[1,]", "JSON_SYNTAX", ""),
    ("an unclosed array", "[1", "JSON_SYNTAX", ""),
    ("an unclosed string", '"a', "JSON_SYNTAX", ""),
    ("an unclosed string of brackets", '"' + "[" * 40, "JSON_SYNTAX", ""),
    ("a comment", "[1/**/]", "JSON_SYNTAX", ""),
    ("single quotes", "['a']", "JSON_SYNTAX", ""),
    ("a leading zero", "01", "JSON_SYNTAX", ""),
    ("a leading plus", "+1", "JSON_SYNTAX", ""),
    ("a bare point", ".5", "JSON_SYNTAX", ""),
    ("a control character in a string", '"\t"', "JSON_SYNTAX", ""),
    ("a bad escape", '"\\x41"', "JSON_SYNTAX", ""),
    ("a no-break space", "\u00a01", "JSON_SYNTAX", ""),
    ("a byte order mark", b"\xef\xbb\xbf{}", "JSON_ENCODING", ""),
    ("UTF-16", b"\xff\xfe{\x00}\x00", "JSON_ENCODING", ""),
    ("a stray byte", b'"\xff"', "JSON_ENCODING", ""),
    ("an overlong form", b'"\xc0\xaf"', "JSON_ENCODING", ""),
    ("an encoded surrogate", b'"\xed\xa0\x80"', "JSON_ENCODING", ""),
    ("a duplicate key", '{"a":1,"a":1}', "JSON_DUPLICATE_KEY", "/a"),
    ("a duplicate key, once escaped", '{"a":1,"\\u0061":2}', "JSON_DUPLICATE_KEY", "/a"),
    ("a duplicate key deep inside", '{"x":[0,{"b":1,"a":{},"b":2}]}', "JSON_DUPLICATE_KEY",
     "/x/1/b"),
    ("a duplicate key to escape in a pointer", '{"a/b":1,"a/b":2}', "JSON_DUPLICATE_KEY", "/a~1b"),
    ("minus zero", "[-0]", "JSON_NUMBER", "/0"),
    ("minus zero with a point", "[1,-0.0]", "JSON_NUMBER", "/1"),
    ("minus zero with an exponent", "[-0e5]", "JSON_NUMBER", "/0"),
    ("minus zero beside a like number", "[-0.5,-0]", "JSON_NUMBER", "/1"),
    ("NaN", '{"a":NaN}', "JSON_NUMBER", "/a"),
    ("infinity", "[Infinity]", "JSON_NUMBER", "/0"),
    ("minus infinity", "[-Infinity]", "JSON_NUMBER", "/0"),
    ("a number that is rounded", "[0.1000000000000000055]", "JSON_NUMBER", "/0"),
    ("an integer that is rounded", "[9007199254740993]", "JSON_NUMBER", "/0"),
    ("an integer that a double holds but ECMAScript writes otherwise", "[1152921504606846976]",
     "JSON_NUMBER", "/0"),
    ("a number beyond every double", "[1e400]", "JSON_NUMBER", "/0"),
    ("a number that becomes zero", "[1e-400]", "JSON_NUMBER", "/0"),
    ("an exponent beyond every decimal", "[1e99999999999999999999]", "JSON_NUMBER", "/0"),
    ("a tiny exponent beyond every decimal", "[1e-99999999999999999999]", "JSON_NUMBER", "/0"),
    ("a number of 401 characters", "[1." + "0" * 399 + "]", "JSON_NUMBER", "/0"),
    ("half a surrogate pair", '["\\ud800"]', "JSON_STRING", "/0"),
    ("the other half", '["\\udc00"]', "JSON_STRING", "/0"),
    ("two first halves", '["\\ud83d\\ud83d"]', "JSON_STRING", "/0"),
    ("halves in the wrong order", '["\\ude00\\ud83d"]', "JSON_STRING", "/0"),
    ("half a surrogate pair in a name", '{"\\ud800":1}', "JSON_STRING", "/?"),
    ("33 levels", "[" * 33 + "]" * 33, "JSON_DEPTH", ""),
    ("33 levels of objects", '{"a":' * 33 + "1" + "}" * 33, "JSON_DEPTH", ""),
    ("very deep nesting", "[" * 1000, "JSON_DEPTH", ""),
)  # fmt: skip
# RFC 8785, appendix B: the bits of a double and its form.
NUMBERS = (
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
)
# RFC 8785, section 3.2.2 and 3.2.3.
VALUES = (
    (
        (
            '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],'
            '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/",'
            '"literals":[null,true,false]}'
        ),
        (
            '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
        ),
    ),
    (
        (
            '{"\\u20ac":"Euro Sign","\\r":"Carriage Return",'
            '"\\ufb33":"Hebrew Letter Dalet With Dagesh",'
            '"1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control",'
            '"\\u00f6":"Latin Small Letter O With Diaeresis"}'
        ),
        (
            '{"\\r":"Carriage Return","1":"One","\x80":"Control",'
            '"\u00f6":"Latin Small Letter O With Diaeresis","\u20ac":"Euro Sign",'
            '"\U0001f600":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}'
        ),
    ),
)


def json_content() -> dict[str, Any]:
    return {
        "source": "RFC 8259, RFC 8785, section 'conventions' of docs/formats.md",
        "read": [
            {"name": name, "hex": _hex(text), "canonical_hex": _hex(canonical)}
            for name, text, canonical in READ
        ],
        "refused": [
            {"name": name, "hex": _hex(text), "code": code, "pointer": pointer}
            for name, text, code, pointer in REFUSED
        ],
    }


def jcs_content() -> dict[str, Any]:
    return {
        "source": "RFC 8785: appendix B (numbers), sections 3.2.2 and 3.2.3 (values)",
        "numbers": [{"ieee754": bits, "text": text} for bits, text in NUMBERS],
        "values": [{"text": text, "canonical": canonical} for text, canonical in VALUES],
    }


def double(bits: str) -> float:
    """Return the double with these bits."""
    found: float = struct.unpack(">d", bytes.fromhex(bits))[0]
    return found


def _hex(text: str | bytes) -> str:
    return (text if isinstance(text, bytes) else text.encode()).hex()
