"""What `declare` and `erase` say to a person, a line each, in Chinese and English."""

from __future__ import annotations

# zh, en; the names in braces are filled in.
STATUS_LINES = {
    # Statuses
    "declared": (
        "已登记：{kind}（{reason}），日志共 {entries} 条",
        "logged: {kind} ({reason}); the log has {entries} entries",
    ),
    "declared_before": (
        "此前已登记且仍有效：{kind}（{reason}）",
        "said before, and stands: {kind} ({reason})",
    ),
    "said": ("{kind}（{reason}），{since}，{who}", "{kind} ({reason}), {since}, {who}"),
    "by_operator": ("账本运营方", "the operator of this ledger"),
    "standing": (
        "{code}：现状为{status}（截至日志第 {entries} 条）",
        "{code}: {status} (as of {entries} entries of the log)",
    ),
    "newer_status": (
        "此后已登记、尚未进入本证明：{said}",
        "logged since, not yet in this proof: {said}",
    ),
    "replaced": ("已替换同名的旧文件：{path}", "replaced the older file of that name: {path}"),
    "erase_goes": ("将销毁，且不可恢复：", "this will be destroyed for good:"),
    "erase_stays": ("以下内容删除不到：", "out of reach of any erasure:"),
    "erase_ask": ("确定销毁吗？", "Destroy it?"),
    "erased": (
        "已销毁（依据：{basis}），日志共 {entries} 条",
        "destroyed ({basis}); the log has {entries} entries",
    ),
    "stays_salted_hashes": (
        "日志中的加盐哈希：没有盐无法反推内容",
        "salted hashes in the log: without their salts nothing can be guessed from them",
    ),
    "stays_header": (
        "记录的第 0 号叶（种类、时间、业务步骤），若只删除部分字段",
        "leaf 0 of a record (kind, times, business step), where single fields are erased",
    ),
    "stays_bundles": ("他人已下载的证明包", "proof bundles that others have downloaded"),
    "stays_codes": (
        "印在实物上的码；其他记录中提到的同一个码",
        "codes printed on things, and the same codes in other records",
    ),
    "stays_copies_elsewhere": (
        "参与方、合作方自己保存的副本；同一内容再次提交的其他文档",
        "copies that participants and partners keep; the same content sent again elsewhere",
    ),
    "stays_referring": (
        "以下记录以 eventID 或哈希提到被删事件，请视需要另行删除：",
        "records that name the event by its id or hash; erase them, too, if they must go:",
    ),
    "stays_disks": (
        "磁盘的旧块、文件系统快照、PostgreSQL 的 WAL 归档与副本：由其管理员清除",
        "old blocks of disks, snapshots, WAL archives and replicas: for their operators to clear",
    ),
    "stays_backups": (
        "此前的备份文件：恢复时会再次删除；请按保存期限销毁",
        "earlier backup files: restoring erases again; destroy them when their time is over",
    ),
}
