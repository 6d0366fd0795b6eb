"""What the commands about keys say to a person, in Chinese and English."""

from __future__ import annotations

# zh, en; the names in braces are filled in.
KEY_LINES = {
    "api_key": (
        "API 密钥 {name}，角色 {role}；只显示这一次：",
        "API key {name}, role {role}; shown only now:",
    ),
    "revoked": ("已吊销 {name}", "revoked {name}"),
    "key": ("密钥 {key}：{path}", "key {key}: {path}"),
    "public_key": ("公钥（{alg}）：{key}", "public key ({alg}): {key}"),
    "rotated": (
        "参与方 {participant}：新密钥 {key_id}，已吊销 {revoked}",
        "participant {participant}: new key {key_id}, revoked {revoked}",
    ),
    "draft_says": (
        (
            "密钥 {key_id}（{alg}）\n参与方 {participant}（{name}），"
            "角色 {roles}，前缀 {prefixes}\n日志 {log}"
        ),
        (
            "key {key_id} ({alg})\nof {participant} ({name}), roles {roles}, prefixes {prefixes}\n"
            "in log {log}"
        ),
    ),
    "drafted": (
        "登记草稿：{path}；请密钥持有者用 key cosign 共同签署",
        "draft: {path}; its holder co-signs it with key cosign",
    ),
    "cosigned": (
        "已共同签署：{path}；由节点用 key register 登记",
        "co-signed: {path}; the node registers it with key register",
    ),
    "registered": ("已登记密钥 {key_id}", "key {key_id} is registered"),
    "revocation_signed": (
        "已签署的吊销声明：{path}",
        "signed revocation: {path}",
    ),
    "key_passphrase": ("密钥文件口令", "passphrase of the key file"),
    "keys_encrypted": (
        "已加密 {count} 个密钥文件，共 {files} 个加密文件",
        "{count} key files encrypted; {files} are encrypted now",
    ),
    "passphrase_changed": (
        "已更换 {count} 个密钥文件的口令；请将 ITEMPROOF_KEY_PASSPHRASE_FILE 设为 {path}",
        "passphrase of {count} key files changed; set ITEMPROOF_KEY_PASSPHRASE_FILE to {path}",
    ),
    "keys_own": (
        "密钥      {encrypted} 个加密文件；口令就在数据文件夹中：对能读取该文件夹的人毫无保护",
        "keys       {encrypted} encrypted, passphrase beside them: no protection from who reads it",
    ),
    "keys_configured": (
        "密钥      {encrypted} 个加密文件，{plain} 个未加密",
        "keys       {encrypted} encrypted, {plain} plain",
    ),
    "keys_none": (
        "密钥      {plain} 个未加密的文件；未设置 ITEMPROOF_KEY_PASSPHRASE_FILE",
        "keys       {plain} plain files; ITEMPROOF_KEY_PASSPHRASE_FILE is not set",
    ),
    "publisher_account": ("发布者地址 {address}：{path}", "publisher's address {address}: {path}"),
    "publisher_next": (
        "给它充值，并设置 ITEMPROOF_PUBLISHER_KEY_FILE={path}",
        "fund it, and set ITEMPROOF_PUBLISHER_KEY_FILE={path}",
    ),
    "signed_here": (
        "已签署：{path}，第 {sequence} 号，{record_count} 条记录；用 submit --signed 发送",
        "signed: {path}, number {sequence}, {record_count} records; submit --signed sends it",
    ),
}
