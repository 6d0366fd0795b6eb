"""What `spc` says in a terminal and in its pictures, in Chinese and English."""

from __future__ import annotations

SPC_LINES: dict[str, tuple[str, str]] = {
    "spc_chart": (
        "{kind} 控制图：{points} 点，均值 {mean}，标准差 {sigma}",
        "{kind} chart: {points} points, mean {mean}, sigma {sigma}",
    ),
    "spc_stable": ("受控：没有违反规则", "in control: no rule is broken"),
    "spc_unstable": ("失控：{count} 个信号", "out of control: {count} signals"),
    "spc_signal": ("第 {point} 点：{rule}（{track}）", "point {point}: {rule} ({track})"),
    "spc_run_length": (
        "受控时平均 {points} 点出现一次虚发信号",
        "in control, a false signal every {points} points on average",
    ),
    "spc_picture": ("图：{path}", "picture: {path}"),
    "spc_index": (
        "{name} {value}（95% 区间 {low} 至 {high}）",
        "{name} {value} (95 %: {low} to {high})",
    ),
    "spc_not_established": (
        "{name} 不成立：过程未受控",
        "{name} is not established: the process is not in control",
    ),
    "spc_percentiles": (
        "按{distribution}分布百分位：Ppk {ppk}",
        "by percentiles of the {distribution} distribution: Ppk {ppk}",
    ),
    "spc_not_normal": (
        "读数不像正态分布（p = {p}）：请考虑 --distribution",
        "the readings do not look normal (p = {p}): consider --distribution",
    ),
    "spc_nonconforming": (
        "{count} 个读数超出规格（共 {readings} 个）",
        "{count} of {readings} readings are beyond the limits",
    ),
    "spc_plan": (
        "第 {row} 批：{severity}，字码 {letter}，样本 {sample}，Ac {accept}/{reject}，{verdict}",
        "lot {row}: {severity}, letter {letter}, sample {sample}, Ac {accept}/{reject}, {verdict}",
    ),
    "spc_no_plan": ("第 {row} 批：检验已暂停", "lot {row}: inspection is discontinued"),
    "spc_accepted": ("接收", "accepted"),
    "spc_refused": ("拒收", "not accepted"),
    "spc_waiting": ("待检", "to be inspected"),
    "spc_state_normal": ("正常检验", "normal"),
    "spc_state_tightened": ("加严检验", "tightened"),
    "spc_state_reduced": ("放宽检验", "reduced"),
    "spc_individuals": ("单值", "individuals"),
    "spc_moving_range": ("移动极差", "moving range"),
    "spc_mean": ("均值", "mean"),
    "spc_range": ("极差", "range"),
    "spc_deviation": ("标准差", "standard deviation"),
    "spc_share": ("不合格品率", "share nonconforming"),
    "spc_number": ("不合格数", "number"),
    "spc_ratio": ("单位不合格数", "nonconformities per unit"),
    "spc_ewma": ("指数加权移动平均", "EWMA"),
    "spc_cusum_high": ("累积和（上侧）", "upper cumulative sum"),
    "spc_cusum_low": ("累积和（下侧）", "lower cumulative sum"),
    "spc_phase_two": ("第二阶段", "phase II"),
    "spc_lower": ("下规格限", "LSL"),
    "spc_upper": ("上规格限", "USL"),
    "spc_target": ("目标值", "target"),
    "spc_curve": ("抽检特性曲线", "operating characteristic"),
    "spc_quality": ("不合格品率", "share nonconforming"),
    "spc_histogram": ("过程能力", "capability"),
}
