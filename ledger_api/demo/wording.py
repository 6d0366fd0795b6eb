"""What the demonstration says, a line a step, in Chinese and English."""

from __future__ import annotations

from ledger_api.i18n.translations import Language

# zh, en; the names in braces are filled in.
LINES = {
    "chain": (
        "链已启动：本地测试链 {chain_id}，合约 {contract}，日志 {log}…",
        "chain up: local test chain {chain_id}, contract {contract}, log {log}…",
    ),
    "participants": (
        "已登记 {count} 家参与方，各有自己的签名密钥；首个日志头已锚定于区块 {block}",
        "{count} participants registered, each with its own key; first head in block {block}",
    ),
    "minted": (
        "已发行 {items} 个盘的唯一编码（{lots} 个批次）",
        "{items} drums minted in {lots} lots, each with its own unguessable code",
    ),
    "submitted": (
        "已提交 {batches} 个由各方签名的批：{events} 个 EPCIS 事件，{documents} 份文件",
        "{batches} signed batches submitted: {events} EPCIS events, {documents} documents",
    ),
    "sequenced": (
        "已排序入日志：{entries} 条，根 {root}…",
        "sequenced: {entries} entries in the log, root {root}…",
    ),
    "anchored": (
        "已锚定并最终确定：区块 {block}，gas {gas}",
        "anchored and final: block {block}, {gas} gas",
    ),
    "proof": (
        "已为一盘电缆写出证明包（{size} 字节）并验证通过（{state}）：{path}",
        "proof bundle of one drum written ({size} bytes) and verified, {state}: {path}",
    ),
    "recall": (
        "召回不良铜杆批 {lot}：应有 {expected} 盘，查得 {found} 盘",
        "recall of the bad rod lot {lot}: {expected} drums expected, {found} found",
    ),
    "scores": ("供应商评级：{scores}", "supplier grades: {scores}"),
    "score": ("{name} {level} 级（受限于{limiting}）", "{name} level {level} ({limiting})"),
    "tampered": (
        "在数据库副本中改动一个字节：审计指出 records[{row}]；原库 {records} 条记录全部一致",
        "one byte of a copy changed: audit names records[{row}]; the original's {records} agree",
    ),
    "open": ("扫码即达的页面：{url}", "the page behind one drum's QR code: {url}"),
    "serve": ("启动服务后即可打开：{command}", "to open it, start the server: {command}"),
}


def words(step: str, /, *, language: Language, **values: object) -> str:
    """Return a line in a language, with its values."""
    chinese, english = LINES[step]
    return (chinese if language == "zh" else english).format(**values)
