"""What `balance` and `across` say in a terminal, in Chinese and English."""

from __future__ import annotations

BALANCE_LINES: dict[str, tuple[str, str]] = {
    "balance": ("{code}：{state}（{count} 次变换）", "{code}: {state} ({count} transformations)"),
    "balance_closed": ("物料平衡", "the material adds up"),
    "balance_breached": ("物料不平衡", "the material does not add up"),
    "balance_not_established": ("物料平衡无法确定", "the balance is not established"),
    "balance_figures": (
        "投入 {input}，产出 {product}，库存 {stock}，废料 {scrap}，缺 {unaccounted}（{unit}）",
        "in {input}, out {product}, stock {stock}, scrap {scrap}, missing {unaccounted} ({unit})",
    ),
    "balance_breach": (
        "{event_time}：投入 {input}，产出 {output}，废料 {scrap}，差 {unaccounted} {unit}",
        "{event_time}: in {input}, out {output}, scrap {scrap}, missing {unaccounted} {unit}",
    ),
    "MASS_UNACCOUNTED": ("有物料去向不明", "material did not come out"),
    "OUTPUT_EXCEEDS_INPUT": ("产出多于投入", "more came out than went in"),
    "LOT_OVERDRAWN": ("用量超过该批所有", "more of the lot was used than there was"),
    "STOCK_DIFFERS": ("盘点数量与应存不符", "a stock-taking found another amount"),
    "RECEIVED_DIFFERS": ("收货数量与发货不符", "another amount was received than shipped"),
    "AMOUNT_MISSING": ("未注明数量", "no amount is said"),
    "AMOUNT_INVALID": ("数量不合理", "the amount is beyond all reason"),
    "UNIT_UNKNOWN": ("计量单位未知", "the unit is unknown"),
    "NET_WEIGHT_MISSING": ("未注明净重", "no net weight is stated"),
    "NET_WEIGHT_INVALID": ("净重不是质量", "the net weight is no mass"),
    "NET_WEIGHT_DISPUTED": ("净重说法不一", "net weights differ"),
    "CONTENTS_UNKNOWN": ("容器内容不明", "the contents of a container are unknown"),
    "DIMENSIONS_MIXED": ("单位无法换算", "units cannot be converted"),
    "INPUT_MISSING": ("未注明投入", "no input is said"),
    "OUTPUT_MISSING": ("未注明产出", "no output is said"),
    "across": ("{code}：{count} 个编码有共因", "{code}: {count} codes share a cause"),
    "cause": ("{key}：{value}", "{key}: {value}"),
    "CAUSE_NOT_STATED": ("无人注明此共因", "nobody states this cause"),
}
