"""What an audit says of what it could not check, in Chinese and English."""

from __future__ import annotations

AUDIT_LINES = {
    "left_unchecked": (
        "？ {table}[{key}].{column}：未能核对，因为{why}",
        "? {table}[{key}].{column}: could not be checked, because {why}",
    ),
    "unchecked_no_proof": (
        "没有保存它的存储证明：端点没有给出，或者证明被拿走了",
        "no storage proof of it is kept: no endpoint gave one, or it was taken away",
    ),
    "unchecked_key_lost": (
        "本节点已没有应由其签署的密钥文件（{detail}）",
        "this node no longer has the key file that would have signed it ({detail})",
    ),
    "unchecked_unreadable": (
        "存储的内容读不出来（{detail}）",
        "what is stored cannot be read ({detail})",
    ),
    "some_unchecked": (
        "没有不一致，但有 {count} 项未能核对",
        "nothing differs, but {count} things could not be checked",
    ),
}
