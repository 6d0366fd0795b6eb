"""What reports and notices say, in Chinese and English; the names in braces are filled in."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote

from ledger_api.i18n.translations import Language

Say = Callable[..., str]

# zh, en.
TEXTS: dict[str, tuple[str, str]] = {
    "mock-recall": ("模拟召回报告", "Mock recall report"),
    "recall": ("召回报告", "Recall report"),
    "exercise": (
        "这是一次演练：没有任何记录被标记为已召回。",
        "This is an exercise: no record was marked as recalled.",
    ),
    "in_earnest": (
        "这是真实召回：{records} 条记录已在日志中标记为召回（{entries} 个条目）。",
        ("This is a real recall: {records} records are marked as recalled in the log "
        "({entries} entries)."),
    ),
    "unsaid": (
        "{count} 条记录属于其他参与方，须由其本人或登记方召回。",
        "{count} records are other participants': they or the registrar must recall them.",
    ),
    "asked_code": ("问题批次", "Code asked for"),
    "passed": ("达标", "PASS"),
    "failed": ("未达标", "FAIL"),
    "TOO_SLOW": (
        "用时 {taken}，目标 {minutes} 分钟以内",
        "it took {taken}, the target is {minutes} minutes",
    ),
    "TOO_FEW_FOUND": (
        "已查明 {percent}%，目标 {target}%",
        "{percent}% is accounted for, the target is {target}%",
    ),
    "MATERIAL_MISSING": (
        "物料不平衡：{count} 处短缺或多出",
        "the material does not balance: {count} shortfalls",
    ),
    "MORE_THAN_MADE": (
        "用掉或发出的数量多于制成的数量",
        "more was used or sent than was made",
    ),
    "CUT_SHORT": ("结果超过上限，并不完整", "the answer is over its limit and not complete"),
    "time_taken": ("用时", "Time taken"),
    "target": ("目标", "Target"),
    "target_is": ("{minutes} 分钟以内，查明 {percent}%", "{minutes} minutes, {percent}% found"),
    "ledger_time": ("其中账本查询 {seconds} 秒", "of which the ledger {seconds} s"),
    "asked_at": ("提问时间", "Asked"),
    "finished_at": ("完成时间", "Finished"),
    "figures": ("数量", "Figures"),
    "unit": ("单位", "Unit"),
    "pieces": ("件", "pieces"),
    "found": ("查到", "Found"),
    "in_stock": ("在库", "In stock"),
    "shipped": ("已发出", "Shipped"),
    "delivered": ("已送达", "Delivered"),
    "in_transit": ("在途", "On its way"),
    "sold": ("已售出", "Sold"),
    "used": ("已用掉", "Used"),
    "removed": ("已销毁", "Destroyed"),
    "unaccounted": ("下落不明", "Unaccounted"),
    "percent": ("已查明", "Accounted for"),
    "figures_note": (
        ("查到＝在库＋已发出（已送达、在途、已售出）＋已用掉＋已销毁＋下落不明。"
        "按数量计的中间批次与由其制成的批次都计入各自的单位。"),
        ("Found = in stock + shipped (delivered, on its way, sold) + used + destroyed + "
        "unaccounted. Lots that go by quantity count in their unit, and so does what was made "
        "of them."),
    ),
    "holders": ("持有方", "Holders"),
    "holder": ("持有方", "Holder"),
    "nobody": ("无", "nobody"),
    "gln": ("GLN", "GLN"),
    "places": ("地点", "Places"),
    "place": ("地点", "Place"),
    "lots": ("批次与状态", "Lots and states"),
    "lot": ("批次", "Lot"),
    "state": ("状态", "State"),
    "count": ("数目", "Count"),
    "quantity": ("数量", "Quantity"),
    "serials": ("序列号范围", "Serials from … to"),
    "balance": ("物料平衡", "Material balance"),
    "balance_closes": (
        "{checked} 次加工已核对，全部平衡；{unchecked} 次无法比较。容差 {tolerance}。",
        (
            "{checked} transformations were checked and all balance; {unchecked} cannot be "
            "compared. Tolerance {tolerance}."
        ),
    ),
    "balance_breaks": (
        "{checked} 次加工已核对，{count} 处不平衡；{unchecked} 次无法比较。容差 {tolerance}。",
        ("{checked} transformations were checked, {count} do not balance; {unchecked} cannot be "
            "compared. Tolerance {tolerance}."),
    ),
    "MASS_UNACCOUNTED": ("投入未全部产出", "not all that went in came out"),
    "OUTPUT_EXCEEDS_INPUT": ("产出多于投入", "more came out than went in"),
    "LOT_OVERDRAWN": ("用量多于现有量", "more was used than there was"),
    "RECEIVED_DIFFERS": ("收货量与发货量不符", "another amount was received than shipped"),
    "STOCK_DIFFERS": ("盘点量与应有量不符", "a stock-taking found another amount"),
    "balance_none": ("未核对", "not checked"),
    "inputs": ("投入", "In"),
    "outputs": ("产出", "Out"),
    "missing": ("差额", "Missing"),
    "tolerance": ("容差", "Tolerance"),
    "backward": ("向上追溯：由什么制成", "Backward: what it was made of"),
    "forward": ("向下追踪：用到了哪里", "Forward: what it went into"),
    "no_steps": ("没有记录。", "Nothing is recorded."),
    "from": ("来源", "From"),
    "to": ("去向", "To"),
    "step_pieces": ("件数", "Pieces"),
    "relation": ("关系", "Relation"),
    "transformation": ("加工", "made into"),
    "membership": ("批次成员", "serial of lot"),
    "containment": ("装载", "packed in"),
    "proof": ("证明", "Proof"),
    "record": ("记录", "Record"),
    "findings": ("须注意", "Findings"),
    "finding": ("说明", "Finding"),
    "no_findings": ("没有。", "None."),
    "lines": ("明细", "Details"),
    "summary": ("摘要", "Summary"),
    "code": ("编码", "Code"),
    "uri": ("编码网址", "Code as address"),
    "container": ("所在容器", "Container"),
    "since": ("最近事件时间", "Last event"),
    "step": ("业务步骤", "Step"),
    "more": (
        "另有 {count} 行，见电子表格。",
        "{count} more rows are in the spreadsheet.",
    ),
    "as_of": ("账本状态", "Ledger"),
    "as_of_is": (
        "日志 {log_id}，前 {tree_size} 条，根 {root_hash}",
        "log {log_id}, {tree_size} entries, root {root_hash}",
    ),
    "signed_by": ("签署", "Signed by"),
    "operator": ("账本运营方", "the operator of the ledger"),
    "for_participant": ("{name}，运营方副署", "{name}, countersigned by the operator"),
    "how_to_check": (
        "核对：itemproof verify-report 文件夹 --trust trust.json。改动任何一个字节都会被拒绝。",
        "To check: itemproof verify-report FOLDER --trust trust.json. One changed byte is refused.",
    ),
    "proof_note": (
        "每一行的证明网址给出说明该行的记录的证明包，可用 itemproof verify 核验。",
        ("The proof address of a line gives the proof bundle of the record that says it; "
        "itemproof verify checks it."),
    ),
    # Notices
    "notice_mock-recall": ("模拟召回通知（演练）", "Mock recall notice (exercise)"),
    "notice_recall": ("召回通知", "Recall notice"),
    "notice_to": ("致", "To"),
    "notice_what": ("贵方持有的货物", "What you hold"),
    "notice_none": ("没有仍在贵方手中的货物。", "Nothing of it is still in your hands."),
    "notice_do": ("请贵方", "What to do"),
    "notice_do_mock-recall": (
        "这是演练，货物无须处理，请勿停售。|请清点下列货物，在收到通知后尽快书面回复：数目是否相符，缺少或多出的是哪些编码。",
        ("This is an exercise: do nothing to the goods, and go on selling them.|Count the goods "
        "below and answer in writing as soon as you can: whether the number is right, and which "
        "codes are missing or more than listed."),
    ),
    "notice_do_recall": (
        "立即停止使用、销售和转运下列货物。|将其隔离并标明“召回，勿用”。|清点并书面回复：数目是否相符，缺少或多出的是哪些编码。|已转给他人的，请告知对方名称、数量和日期，并转发本通知。|在另行通知之前，不要销毁或退回。",
        ("Stop using, selling and moving the goods below at once.|Set them apart and mark them "
        "“recalled, do not use”.|Count them and answer in writing: whether the number is right, "
        "and which codes are missing or more than listed.|If you passed any on, say to whom, how "
        "many and when, and forward this notice.|Do not destroy or return anything until you are "
        "told to."),
    ),
    "notice_codes": ("编码", "Codes"),
    "notice_more": (
        "另有 {count} 个编码，全部列在随附的 {file} 中。",
        "{count} more codes; all of them are in the file {file} beside this notice.",
    ),
    "notice_because": (
        "原因：{code} 有问题，上列货物由其制成、含有其或即为其本身。",
        "Why: {code} is at fault; the goods above are of it, contain it, or were made from it.",
    ),
    "page_of": ("{page} / {pages}", "{page} / {pages}"),
}  # fmt: skip

GS1 = "https://id.gs1.org/"


def say_in(language: Language) -> Say:
    """Return the function that says a text in one language."""
    column = 0 if language == "zh" else 1

    def say(name: str, /, **values: object) -> str:
        found = TEXTS[name][column]
        return found.format(**values) if values else found

    return say


@lru_cache(10_000)  # lots, places and containers come again and again
def readable(code: str) -> str:
    """Return a code as labels print it, `(01)… (10)…`; other addresses as they are."""
    parts = code.removeprefix(GS1).split("/") if code.startswith(GS1) else []
    if len(parts) % 2 or not parts or not all(one.isdigit() for one in parts[::2]):
        return code
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return " ".join(f"({ai}){unquote(value)}" for ai, value in pairs)


def taken_text(seconds: float, language: Language) -> str:
    """Return a duration as people say it."""
    minutes, rest = divmod(round(seconds, 1), 60)
    units = ("分 ", "秒") if language == "zh" else (" min ", " s")
    short = f"{rest:.1f}{' ' if language == 'zh' else ''}{units[1]}"
    return f"{int(minutes)}{' ' if language == 'zh' else ''}{units[0]}{short}" if minutes else short
