"""What the commands of recalls say: zh, en."""

from __future__ import annotations

RECALL_LINES = {
    "report_written": (
        "报告：{folder}，{files} 个文件，已签名；核对：itemproof verify-report {folder}",
        "report: {folder}, {files} files, signed; to check: itemproof verify-report {folder}",
    ),
    "report_verified": (
        "报告 {folder} 验证通过：{files} 个文件均与签名一致",
        "report {folder} is verified: {files} files are as they were signed",
    ),
    "option_with": (
        "选项 {option} 只能与 {other} 同用",
        "option {option} is used with {other} only",
    ),
    "option_time": (
        "选项 {option} 不是时间：应为 2026-05-01T08:00+08:00，得到 {got}",
        "option {option} is no time: expected 2026-05-01T08:00+08:00, got {got}",
    ),
    "option_past": (
        "选项 {option} 应是过去的时间，得到 {got}",
        "option {option} must be a time that has passed, got {got}",
    ),
}
