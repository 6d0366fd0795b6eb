"""What `where` and `holders` say in a terminal, in Chinese and English."""

from __future__ import annotations

PLACE_LINES: dict[str, tuple[str, str]] = {
    "whereabouts": ("{code}：{state}", "{code}: {state}"),
    "location": (
        "地点 {code}（{basis}），自 {since} 起，最近一次 {last_seen}",
        "at {code} ({basis}), since {since}, last told {last_seen}",
    ),
    "holder": (
        "持有方 {who}（{basis}），自 {since} 起，最近一次 {last_seen}",
        "held by {who} ({basis}), since {since}, last told {last_seen}",
    ),
    "inside_since": ("在 {code} 内，自 {since} 起", "in {code}, since {since}"),
    "held_in": (
        "{count} 个容器现在装有其中的编码：",
        "{count} containers hold some of them now:",
    ),
    "holds": ("{code}：{items} 个编码", "{code}: {items} codes"),
    "held": ("{code}：{items} 件", "{code}: {items} items"),
    "share": (
        "{items} 件：{who}，{location}，{state}",
        "{items} items: {who}, {location}, {state}",
    ),
    "amount": (
        "{quantity} {uom}：{who}，{location}，{state}",
        "{quantity} {uom}: {who}, {location}, {state}",
    ),
    "page": (
        "共 {total}；下一页：--cursor {cursor}",
        "{total} in all; the next page: --cursor {cursor}",
    ),
    "nobody_said": ("无人说明", "nobody said"),
    "unsaid": ("数量未说明", "an amount nobody said"),
    "state_present": ("在库", "present"),
    "state_in_transit": ("运输途中", "in transit"),
    "state_consumed": ("已耗用", "used up"),
    "state_decommissioned": ("已注销", "decommissioned"),
    "state_unknown": ("情况未知", "unknown"),
    "basis_biz_location": ("业务地点", "business location"),
    "basis_read_point": ("仅为读取点", "read point only"),
    "basis_participant": ("记录事件者", "who recorded the event"),
    "basis_destination_possessing_party": ("收货占有方", "possessing party, destination"),
    "basis_destination_owning_party": ("收货所有方", "owning party, destination"),
    "basis_source_possessing_party": ("发货占有方", "possessing party, source"),
    "basis_source_owning_party": ("发货所有方", "owning party, source"),
    # Findings, by their code
    "UNKNOWN_LOCATION": ("没有事件说明其所在", "no event says where this is"),
    "UNKNOWN_HOLDER": ("没有事件说明由谁持有", "no event says who holds this"),
    "SEEN_AFTER_ITS_END": (
        "已耗用或销毁，其后又被看到",
        "this was used up or destroyed, and seen again afterwards",
    ),
    "ONLY_ITS_LOT_WAS_SEEN": (
        "没有事件提及此件本身：所述为其批次",
        "no event names this itself: what is said was said of its lot",
    ),
    "LOT_IN_PARTS": (
        "批次可分处多地：此为最近所述，全部见 holders",
        "a lot can be in several places: this is what was last said, its holders say all",
    ),
    "AMOUNTS_MAY_OVERLAP": (
        "同一数量可能在几处都说过：不可相加",
        "an amount may have been told in several places: these do not add up",
    ),
}
