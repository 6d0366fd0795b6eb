"""What the single-file verifier says to a person, in Chinese and English."""

from __future__ import annotations

from typing import Literal

from traceability.verify.alone.chinese import WORDS, fault_in_chinese, titled

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

# zh, en; the names in braces are filled in.
LINES = {
    "verified": ("已验证", "verified"),
    "refused": ("未通过", "NOT verified"),
    "crypto": ("签名由 {name} 检查", "signatures checked by {name}"),
    "own": (
        "本文件自带的 Ed25519 与 secp256k1（未用 cryptography）",
        "this file's own Ed25519 and secp256k1, without cryptography",
    ),
    "signed": ("由 {name} 签署", "signed by {name}"),
    "signed_for": ("由运营方代 {name} 签署", "signed by the operator for {name}"),
    "status": (
        "状态 {status}，截至日志第 {entries} 条；此后未知",
        "status {status} as of {entries} entries; later unknown",
    ),
    "not_before": ("不早于 {time}", "not before {time}"),
    "not_after": ("不晚于 {time}", "not after {time}"),
    "suspect": (
        "警告：签署密钥自第 {suspect_from} 条起可疑，此记录为第 {entry_index} 条",
        "WARNING: the key is suspect from entry {suspect_from} on; this is entry {entry_index}",
    ),
    "suspects": (
        "警告：{count} 份证明由当时已可疑的密钥签署（--json 列出）",
        "WARNING: {count} proofs were signed by a key that was suspect by then (--json lists them)",
    ),
    "claimed_time": ("自称时间 {time}（未证明）", "claimed time {time} (not proven)"),
    "unchecked": ("未检查", "not checked"),
    "record": (
        "记录 {kind}，共 {count} 个字段，{shown}",
        "record {kind} of {count} fields, {shown}",
    ),
    "complete": ("全部出示", "all shown"),
    "partial": ("部分出示：至少 {shown} 个", "in part: at least {shown}"),
    "all": (
        "{good} 份证明通过，{bad} 份未通过；{files} 个文件与 SHA256SUMS 一致",
        "{good} proofs verified, {bad} not; {files} files agree with SHA256SUMS",
    ),
    "statuses": ("经证明的状态：{counts}", "proven statuses: {counts}"),
    "not_current": (
        "{file}：状态 {status}，截至日志第 {entries} 条",
        "{file}: status {status} as of {entries} entries",
    ),
    "word": (
        "{file}：没有证明，仅为运营方的一面之词",
        "{file}: no proof, the operator's word alone",
    ),
    "completeness": (
        "所涉 {batches} 个批次共有 {records} 条记录，此处证明了 {proven} 条；并不证明没有遗漏",
        "{proven} of {records} records of {batches} batches proven; not that nothing is left out",
    ),
    "between": ("，", ", "),
    "fault": ("{file}：{what}", "{file}: {what}"),
}
STEPS = {
    0: ("规范形式", "canonical form"),
    1: ("字段属于记录", "fields in record"),
    2: ("记录属于批次", "record in batch"),
    3: ("签名", "signature"),
    4: ("密钥有效且有权", "key valid and entitled"),
    5: ("条目在日志中", "entry in log"),
    6: ("状态条目、密钥与状态", "state entry, key, statuses"),
    7: ("创世条目", "genesis"),
    8: ("检查点签名", "checkpoint"),
    9: ("锚定于合约存储", "anchored in the contract's storage"),
    10: ("区块为规范链且已最终确认", "block canonical and final"),
}


def say(name: str, language: Language, /, **values: object) -> str:
    """Return a line."""
    return LINES[name][language == "en"].format(**values)


def step_name(step: int, language: Language) -> str:
    """Return the name of a step of the verifier."""
    return STEPS[step][language == "en"]


def word(name: str, language: Language) -> str:
    """Return a state, a kind or a status."""
    return WORDS.get(name, name) if language == "zh" else name


def fault(text: str, language: Language) -> str:
    """Return what is wrong with a file."""
    return fault_in_chinese(text) if language == "zh" else text


def reason(code: str, text: str, language: Language) -> str:
    """Return why a step did not pass; in Chinese its code and what that means."""
    return f"：{titled(code)}" if language == "zh" else f": {code}: {text}"
