"""What the commands say to a person, a line each, in Chinese and English.

Words for codes (states, steps, errors) are in the catalogues; `--help` is English.
"""

from __future__ import annotations

from ledger_api.cli.audit_wording import AUDIT_LINES
from ledger_api.cli.balance_wording import BALANCE_LINES
from ledger_api.cli.key_wording import KEY_LINES
from ledger_api.cli.place_wording import PLACE_LINES
from ledger_api.cli.recall_wording import RECALL_LINES
from ledger_api.cli.spc_wording import SPC_LINES
from ledger_api.cli.status_wording import STATUS_LINES
from ledger_api.i18n.translations import Language

# zh, en; the names in braces are filled in.
LINES = KEY_LINES | {
    **STATUS_LINES,
    **PLACE_LINES,
    **BALANCE_LINES,
    **RECALL_LINES,
    **SPC_LINES,
    **AUDIT_LINES,
    # The log
    "log": ("日志      {entries} 条，根 {root}", "log        {entries} entries, {root}"),
    "anchor": (
        "锚定      {entries} 条，区块 {block}，gas {gas}，{state}",
        "anchor     {entries} entries in block {block}, {gas} gas, {state}",
    ),
    "no_anchor": ("锚定      尚无", "anchor     none yet"),
    "waiting": ("待排序    {entries} 条", "waiting    {entries} entries"),
    "anchoring": (
        "未锚定    {unanchored_entries} 条，已等 {lag_seconds} 秒；未最终确认 {unfinal_entries} 条",
        "unanchored {unanchored_entries} entries for {lag_seconds} s; {unfinal_entries} not final",
    ),
    "cost": (
        "费用      {cost_wei} wei（预计 {estimated_cost_wei} wei）",
        "cost       {cost_wei} wei, expected {estimated_cost_wei} wei",
    ),
    "publisher": (
        "发布账户  {address}：{balance_wei} wei，还可锚定 {anchors_left} 次（{as_of}）",
        "publisher  {address}: {balance_wei} wei, enough for {anchors_left} anchors ({as_of})",
    ),
    "estimate": (
        "预计 gas {gas}，每单位 {price_wei} wei，共 {cost_wei} wei；未发送",
        "expected {gas} gas at {price_wei} wei, {cost_wei} wei in all; nothing was sent",
    ),
    "nothing_to_anchor": ("没有可锚定的新内容", "nothing new to anchor"),
    "verifier": ("验证程序：{path}，SHA-256 {sha256}", "verifier: {path}, SHA-256 {sha256}"),
    "evidence": (
        "证据包：{path}，{records} 条记录，{proofs} 份证明；已擦除 {erased}，待入日志 {waiting}",
        "{path}: {records} records, {proofs} proofs; {erased} erased, {waiting} not logged yet",
    ),
    "evidence_progress": ("已写 {records} 条记录", "{records} records written"),
    # Disclosure policies
    "policy": (
        "披露策略第 {version} 版，日志第 {leaf_index} 条，{received}",
        "disclosure policy {version}, entry {leaf_index}, {received}",
    ),
    "policy_unreadable": (
        "已擦除或不可读的策略，日志第 {leaf_index} 条，{received}",
        "erased or unreadable policy, entry {leaf_index}, {received}",
    ),
    "policy_none": (
        "没有披露策略：公众只见最少内容，合作方可见全部（ni: 除外）",
        "no policy: the public sees the least, partners everything but ni: values",
    ),
    # Proofs
    "proof": (
        "{code} 的证明包：{path}（{size} 字节）",
        "proof bundle of {code}: {path} ({size} bytes)",
    ),
    "verified": ("验证通过", "verified"),
    "refused": ("验证不通过", "refused"),
    "reason": ("{title}（{reason}）", "{reason}"),
    "signed": ("由{name}签署", "signed by {name}"),
    "signed_for": ("由运营方代{name}签署", "signed by the operator for {name}"),
    "status": (
        "状态：{status}（截至前 {entries} 条，此后未知）",
        "status: {status} (as of {entries} entries, later unknown)",
    ),
    "not_before": ("不早于：{time}", "not before: {time}"),
    "not_after": ("此后未改动：{time}", "unchanged since: {time}"),
    "suspect": (
        "警告：签署此记录的密钥自第 {suspect_from} 条起可疑，此记录为第 {entry_index} 条",
        "WARNING: the key is suspect from entry {suspect_from} on; this is entry {entry_index}",
    ),
    "claimed_time": ("签署方自述时间：{time}", "claimed time: {time}"),
    "unchecked": ("未核验", "not checked"),
    # Receipts
    "receipt": (
        "{verdict}：日志第 {leaf_index} 条，承诺最迟于 {anchored_by} 锚定",
        "{verdict}: entry {leaf_index} of the log, to be anchored by {anchored_by}",
    ),
    "receipt_kept": ("已履行", "kept"),
    "receipt_pending": ("未到期", "pending"),
    "receipt_broken": ("已违约", "broken"),
    "receipt_unresolved": ("无法判定", "unresolved"),
    # What a verdict rests on, by the code in `verify/receipt.py`, as its English there.
    "RECEIPT_NOT_COVERED": (
        "区块 {block} 晚于承诺期限，其日志头只有 {tree_size} 条：第 {leaf_index} 条没有锚定",
        (
            "block {block} is later than the deadline and its head has {tree_size} entries: "
            "index {leaf_index} was not anchored"
        ),
    ),
    "RECEIPT_OTHER_ENTRY": (
        "已锚定的 {tree_size} 条日志头在第 {leaf_index} 条处是另一条目",
        "the head anchored with {tree_size} entries holds another entry at index {leaf_index}",
    ),
    "RECEIPT_ANCHORED": (
        "该条目是 {tree_size} 条日志头中的第 {leaf_index} 条，在期限之前已锚定",
        (
            "the entry is at index {leaf_index} of the head of {tree_size} entries, "
            "anchored before the deadline"
        ),
    ),
    "RECEIPT_NOT_DUE": ("期限未到", "the deadline has not passed"),
    "RECEIPT_TIME_UNKNOWN": (
        "该条目已锚定；没有证据表明是在期限之前",
        "the entry is anchored; that it was by the deadline is not shown",
    ),
    "RECEIPT_NO_EVIDENCE": (
        "期限已过；没有证据表明发生了什么",
        "the deadline has passed; no evidence shows what happened",
    ),
    "receipt_file": (
        "回执及其证据：{path}；任何人都可用同一命令核对",
        "receipt with its evidence: {path}; anybody can check it with this command",
    ),
    # Two heads of one log
    "fork_split": (
        "日志密钥签署了两段互相矛盾的历史：这两个日志头不可能都为真",
        "the log key has signed two histories: both heads cannot be true",
    ),
    "fork_consistent": (
        "一致：后一个日志头延续前一个",
        "one history: the later head continues the earlier one",
    ),
    "fork_undecided": (
        "无法判定：大小不同，须有后一个日志头的日志或镜像（用 --log 或 --mirror 指定）",
        "not decided: the sizes differ, so name a log or mirror of the later one (--log, --mirror)",
    ),
    "fork_head": ("  {tree_size} 条，根 {root_hash}", "  {tree_size} entries, root {root_hash}"),
    "fork_file": (
        "证据：{path}；任何人都可用 verify --fork {path} 核对",
        "evidence: {path}; anybody can check it with verify --fork {path}",
    ),
    "unknown_blocks": (
        "{count} 份证据未计入：未向链核对其区块（用 --rpc 指定节点）",
        "{count} witnesses do not count: their blocks are unknown here (name an --rpc)",
    ),
    # Documents
    "file": (
        "{path}：{status}，接受 {accepted}，重复 {duplicate}，拒绝 {rejected}",
        "{path}: {status}  accepted {accepted}, duplicate {duplicate}, rejected {rejected}",
    ),
    "master_data": (
        "  主数据：{result}，{vocabularies} 个词汇表，{elements} 个条目",
        "  master data: {result}, {vocabularies} vocabularies with {elements} elements",
    ),
    "checking": ("正在检查 {path}", "checking {path}"),
    "submitting": ("正在提交 {path}", "submitting {path}"),
    "unlisted": (
        "… 另有 {count} 个事件被拒绝、重复或有提示，未列出",
        "… and {count} more events that were rejected, repeated or warned of, not listed",
    ),
    "fault": ("{pointer}  {code}：{detail}", "{pointer}  {code}: {detail}"),
    # Lots
    "minted": (
        "已发行 {quantity} 件，GTIN {gtin}，批次 {lot}，用时 {seconds} 秒",
        "minted {quantity} items of {gtin}, lot {lot}, in {seconds} s",
    ),
    "batch": ("批 {batch}，日志第 {entry} 条", "batch {batch}, entry {entry} of the log"),
    "first": ("首件：{url}", "first item: {url}"),
    "labels": ("{labels} 个标签，{pages} 页：{path}", "{labels} labels on {pages} pages: {path}"),
    # Questions
    "traced": (
        "{code}：{items} 个编码，{edges} 条关系",
        "{code}: {items} codes, {edges} edges",
    ),
    "exported": (
        "{code}：{items} 个编码，{edges} 条关系，已写入 {file}（{format}）",
        "{code}: {items} codes, {edges} edges, written to {file} ({format})",
    ),
    "truncated": (
        "答案到限额为止：还有更多",
        "the answer stops at its limit: there is more",
    ),
    "more": ("… 另有 {count} 个（--json 给出全部）", "… and {count} more (--json has all)"),
    "journey": ("{code}：{count} 个事件", "{code}: {count} events"),
    "inside": ("（在 {code} 内）", " (in {code})"),
    "score": (
        (
            "{gln}  {score}（{low} 至 {high}）  等级 {text_grade}，已证实 {demonstrated}，"
            "受限于{limiting}"
        ),
        (
            "{gln}  {score} ({low} to {high})  grade {text_grade}, demonstrated {demonstrated}, "
            "held back by {limiting}"
        ),
    ),
    "nothing": ("无", "nothing"),
    "level": ("{level} 级：{name}", "level {level}: {name}"),
    "limiting": ("受限于：{metrics}", "held back by: {metrics}"),
    "flags": ("注意：{flags}", "mind: {flags}"),
    "metric": ("{metric}：{level} 级", "{metric}: level {level}"),
    "gap": (
        "欲升一级：{metric} 现为 {value}，须 {needed}",
        "for the next level: {metric} is {value}, needed {needed}",
    ),
    "missing": ("缺少{metric}", "{metric} missing"),
    "one_loss_missing": ("内部与外部损失只给出一项", "only one of the two losses given"),
    "sigma_limits_disagree": (
        "按两种西格玛界限所得等级不同",
        "the two limits of sigma give different levels",
    ),
    # Findings of a trace, by their code
    "UNKNOWN_ORIGIN": ("没有事件说明其来源", "no event says where this came from"),
    "CYCLE": (
        "此物（经若干步）由自身制成",
        "this was made from itself, perhaps over several steps",
    ),
    "LOT_USED_BY_QUANTITY": (
        "此批次按数量使用：其中任一序列号可能已用，也可能未用",
        "this lot was used by quantity: a serial of it may have been used or not",
    ),
    "CLASS_WITHOUT_LOT": (
        "此编码只指品类而无批次：指该品类的全部",
        "this names a kind of goods without a lot: all of that kind is meant",
    ),
    "ERROR_DECLARED_BY_ANOTHER": (
        "另一参与方声明此事件有误：仍计入",
        "another participant declares this event erroneous: it still counts",
    ),
    "CONTAINMENT_CYCLE": ("此容器在其自身之内", "this container is inside itself"),
    "IN_TWO_CONTAINERS": (
        "同一时间在两个容器内",
        "this is in two containers at the same time",
    ),
    # Administration
    "checked": ("已核对：{checked}", "checked {checked}"),
    "entries": ("日志条目 {count}", "{count} entries"),
    "batches": ("批 {count}", "{count} batches"),
    "records": ("记录 {count}", "{count} records"),
    "anchors": ("锚定 {count}", "{count} anchors"),
    "checkpoints": ("签名树头 {count}", "{count} signed heads"),
    "contract": ("合约中的 {count} 条", "{count} entries in the contract"),
    "unchecked_blocks": (
        "{count} 个锚定所在的区块未向链核对",
        "the blocks of {count} anchors were not checked with the chain",
    ),
    "contract_unasked": (
        "没有询问合约：镜像是否缺少已锚定的条目或锚定，未知",
        "the contract was not asked: whether entries or anchors are missing here is unknown",
    ),
    "missing_part": (
        "缺少 {file} 中规模 {tree_size} 的部分",
        "missing: {file}, of size {tree_size}",
    ),
    "missing_before": (
        "缺少 {file} 中规模 {tree_size} 之前的一个锚定",
        "missing: {file}, one between those kept and size {tree_size}",
    ),
    "parts_missing": (
        (
            "没有不一致，但缺少 {count} 项，其所证明的内容仍未证实；"
            "请重新运行 mirror，若仍缺少则复制到新文件夹"
        ),
        (
            "nothing differs, but {count} parts are missing, and what they prove is not: "
            "run mirror again, and copy into a new folder what is missing then"
        ),
    ),
    "difference": (
        "✗ {table}[{key}].{column}：应为 {expected}，实为 {found}",
        "✗ {table}[{key}].{column}: expected {expected}, found {found}",
    ),
    "agrees": ("全部一致", "everything agrees"),
    "differences": ("{total} 处不一致", "{total} differences"),
    "participant": ("参与方 {participant}：{name}", "participant {participant}: {name}"),
    "rules": ("一物一码规则：{mode}", "one-code rules: {mode}"),
    "off": ("不检查", "off"),
    "warn": ("提示", "warn"),
    "enforce": ("拒绝", "enforce"),
    "schema": ("数据库结构 {revision}", "schema {revision}"),
    "serving": ("正在 http://{address} 服务 {folder}", "serving {folder} on http://{address}"),
    # Backups
    "backed_up": (
        "已备份日志 {log}：{entries} 条，{rows} 行，{path}（{bytes} 字节）",
        "backed up log {log}: {entries} entries, {rows} rows, {path} ({bytes} bytes)",
    ),
    "backup_verified": (
        "已恢复到临时目录并审计：一致",
        "restored into a scratch folder and audited: it agrees",
    ),
    "backup_incomplete": (
        "警告：本账本有 {missing} 批记录或参与方卡片缺内容（镜像不含），备份中也没有",
        "WARNING: {missing} batches or cards lack their content here, and so in the backup",
    ),
    "backup_unverified": (
        "警告：{path} 未经验证，无人知道它能否恢复",
        "WARNING: {path} is not verified, nobody knows whether it can be restored",
    ),
    "restored": (
        "已恢复日志 {log}：{entries} 条，{rows} 行，备份于 {created}，目录 {folder}；其设置：",
        (
            "restored log {log}: {entries} entries, {rows} rows, of {created}, into {folder}; "
            "settings:"
        ),
    ),
    "restored_next": (
        "请先停用原节点，再启动本节点；启动时会与链和第二处核对，若此副本较旧则不写入",
        (
            "stop the old node before you start this one; at its start it is held against the "
            "chain and the second place, and does not write if it is older"
        ),
    ),
    "restored_older": (
        "此副本较旧：已公布 {served} 条，缺 {missing} 条；补齐之前不写入",
        (
            "this copy is older than what was served: {served} entries, {missing} are missing; "
            "it does not write before they are back"
        ),
    ),
    "passphrase": ("备份口令", "passphrase of the backup"),
    "passphrase_again": ("再输一次", "once more"),
    # Mirrors
    "mirrored": (
        "镜像 {path}：{tree_size} 条（新增 {new}），根 {root_hash}，新增锚定 {anchors}",
        "mirror {path}: {tree_size} entries ({new} new), {root_hash}, {anchors} new anchors",
    ),
    "rebuilt": (
        "已恢复 {entries} 条日志条目（现共 {tree_size} 条）与 {anchors} 个锚定",
        "brought back {entries} entries (now {tree_size}) and {anchors} anchors",
    ),
    "mirror_too_old": (
        "镜像太旧：已公布过 {served} 条；请用更新的镜像再运行一次",
        "the mirror is too old: {served} entries were served; run it again with a newer one",
    ),
    "records_missing": (
        "镜像不含记录内容：{missing_batches} 批共 {missing_records} 条记录缺失，须重新提交：",
        "a mirror holds no records: send {missing_records} of {missing_batches} batches again:",
    ),
    "missing_batch": (
        "  第 {leaf_index} 条，{name}，{records} 条记录：{first} 至 {last}",
        "  entry {leaf_index}, {name}, {records} records: {first} to {last}",
    ),
    # Options
    "option_missing": (
        "缺少选项 {option}：应为 {values} 之一",
        "{option} is missing: expected one of {values}",
    ),
    "option_one_of": (
        "{option} 应为 {values} 之一，而不是 {got!r}",
        "{option} is none of its values: expected one of {values}, got {got!r}",
    ),
    "option_gln": (
        "{option} 应为 13 位数字的 GLN，末位为校验码，而不是 {got!r}",
        "{option} is no GLN: expected 13 digits, the last a check digit, got {got!r}",
    ),
    "option_public_key": (
        "{option} 应为 {alg} 公钥（base64url），即 key generate 显示的那一行，而不是 {got!r}",
        "{option} is no {alg} public key: expected what key generate prints, got {got!r}",
    ),
    "option_not_of_mirrors": (
        "审计镜像（--mirror）时不能用 {option}",
        "{option} is for the audit of a data folder: --mirror does not take it",
    ),
    # Errors
    "detail": ("技术细节（英文）：{fault}{place}", "{fault}{place}"),
    "place": ("（{pointer}）", " ({pointer})"),
}


def words(name: str, /, *, language: Language, **values: object) -> str:
    """Return a line in a language, with its values."""
    chinese, english = LINES[name]
    return (chinese if language == "zh" else english).format(**values)
