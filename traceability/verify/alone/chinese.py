"""Chinese words of the single-file verifier: for its codes, and for the faults that it names.

The titles are those of the catalogue, which the single file does not carry; a test compares them.
"""

from __future__ import annotations

import re

# What stays as it is: names of files, numbers, quoted values.
FAULTS = {
    "has no place in an evidence bundle": "不属于证据包",
    "is not in {}": "未列入 {}",
    "is missing": "缺失",
    "is missing: {} proves {}": "缺失：{} 证明了“{}”",
    "differs from {}": "与 {} 不符",
    "has no record beside it": "旁边没有相应的记录",
    "is not what {} proves": "与 {} 所证明的不符",
    "is not the entry of which {} proves {}": "不是 {} 证明“{}”时所指的条目",
    "holds no proof": "其中没有证明",
    "belongs to no proof": "不对应任何证明",
    "is in no proof": "不在任何证明中",
    "is no status entry": "不是状态条目",
    "is no index": "不是索引",
    "names no record": "没有指明记录",
    "is erased by no entry in this archive": "证据包中没有擦除它的条目",
    "is malformed": "格式不对",
    "is there twice": "重复出现",
    "has no line for {}": "没有 {} 的一行",
    "says {} {}, {} proves {}": "{} 一栏写为 {}，{} 证明的是 {}",
    "evidence bundle has no readable {}": "证据包中没有可读的 {}",
    "{} has a malformed line: {}": "{} 中有一行格式不对：{}",
    "evidence bundle cannot be read: {}": "不是 ZIP，或已损坏",
    "evidence bundle holds a link: {}": "证据包中有链接：{}",
    "evidence bundle holds an unsafe name: {}": "证据包中有不安全的文件名：{}",
    "evidence bundle holds a file that unpacks to too much: {}": "证据包中有解开后过大的文件：{}",
    "evidence bundle holds a file that cannot be read: {}": "证据包中有无法读取的文件：{}",
    "evidence bundle holds a name twice: {}": "证据包中有重复的文件名：{}",
    "evidence bundle unpacks to too much: {} bytes": "证据包解开后过大：{} 字节",
    "block {} is named with two hashes": "区块 {} 有两个不同的哈希",
    "the following arguments are required: {}": "缺少必需的参数：{}",
    "one of the arguments {} is required": "须给出其中之一：{}",
    "argument {}: not allowed with argument {}": "参数 {} 不能与 {} 同用",
    "argument {}: invalid choice: {} (choose from {})": "参数 {} 的值 {} 不在可选之列：{}",
    "argument {}: expected one argument": "参数 {} 需要一个值",
    "unrecognized arguments: {}": "无法识别的参数：{}",
    "ambiguous option: {} could match {}": "参数 {} 不明确，可能是：{}",
}
WORDS = {
    "final": "最终确认",
    "anchored": "已锚定",
    "logged": "已入日志",
    "event": "事件",
    "item": "物品",
    "participant": "参与方",
    "document": "文件",
    "current": "现行有效",
    "corrected": "已更正",
    "recalled": "已召回",
    "recall_lifted": "召回已解除",
    "erased": "内容已删除",
}
TITLES = {
    "ACCOUNT_INVALID": "证据中的合约账户格式不对",
    "ANCHOR_MISMATCH": "链上的日志头与证明不符",
    "ANCHOR_MISSING": "证明中尚无锚定",
    "AUTHOR_MISMATCH": "声明的署名方不符",
    "BLOCK_FILE_INVALID": "区块文件不是 eth_getBlockByNumber 的应答",
    "BLOCK_NOT_CANONICAL": "链上该高度是另一个区块",
    "BLOCK_NOT_FINAL": "区块尚未最终确认",
    "BUNDLE_BASE64": "证明中的某个值格式不规范",
    "BUNDLE_LIMIT": "证明超出正常大小",
    "BUNDLE_MEMBERS": "证明含未知部分或缺少部分",
    "BUNDLE_VALUE": "证明中的某个值超出范围",
    "CANNOT_CANONICALIZE": "某个值没有规范的 JSON 形式",
    "CARD_MISMATCH": "企业名片与登记不符",
    "CHAIN_NOT_ASKED": "未提供链的视图",
    "CHAIN_UNAVAILABLE": "无法连接到链",
    "CHECKPOINT_INVALID": "检查点并非由本日志签署",
    "CODE_CHARACTER": "编码含不允许的字符",
    "CODE_CHECK_DIGIT": "校验位不对",
    "CODE_HASH_MISMATCH": "该地址上是另一份合约",
    "CODE_LENGTH": "编码长度不对",
    "CODE_MISMATCH": "这是另一件物品的证明",
    "CODE_PREFIX_UNKNOWN": "无法识别此编码的厂商识别代码",
    "CODE_SYNTAX": "无法识别的编码形式",
    "CONFLICT": "与已有记录冲突",
    "CONSISTENCY_PROOF": "日志的两个状态前后不一致",
    "DISCLOSURE_INVALID": "所披露的内容不合记录规则",
    "ENCODING_INVALID": "文本格式不规范",
    "ENVELOPE_INVALID": "签名信封格式不对",
    "EPCIS_ACTION": "未知的 action",
    "EPCIS_CODE_LEVEL": "编码层级不对",
    "EPCIS_CONTEXT": "@context 不合要求",
    "EPCIS_DOCUMENT_FAULTY": "文档有误",
    "EPCIS_DOCUMENT_TYPE": "不是 EPCIS 文档",
    "EPCIS_DUPLICATE": "内容重复",
    "EPCIS_EMPTY": "列表或文本不能为空",
    "EPCIS_EVENT_TYPE": "未知的事件类型",
    "EPCIS_ILMD": "此事件不允许携带货物属性",
    "EPCIS_JSON_TYPE": "值的类型不对",
    "EPCIS_MEMBER_MISSING": "缺少必填成员",
    "EPCIS_MEMBER_UNKNOWN": "标准中没有此成员",
    "EPCIS_NAME_RESERVED": "此名称属于标准保留",
    "EPCIS_NAME_TWICE": "两个名称指同一成员",
    "EPCIS_NUMBER_RANGE": "数值超出可接受的范围",
    "EPCIS_OBJECTS_MISSING": "事件未指明任何对象",
    "EPCIS_PARENT_MISSING": "缺少父级",
    "EPCIS_PLACE": "地点编码不是地点",
    "EPCIS_QUANTITY": "数量不合要求",
    "EPCIS_SENSOR": "传感器报告缺少配套数值",
    "EPCIS_TERM_REDEFINED": "@context 改变了标准词的含义",
    "EPCIS_TIME": "不是带时区的日期时间",
    "EPCIS_TIME_ORDER": "时间段结束早于开始",
    "EPCIS_TIME_ZONE": "时间或事件缺少时区，或格式不对",
    "EPCIS_TOO_LARGE": "事件过大",
    "EPCIS_TOO_MANY_FAULTS": "错误过多，未全部列出",
    "EPCIS_UNIT": "未知的计量单位",
    "EPCIS_URI": "不是完整的 URI",
    "EPCIS_VALUE": "此处不允许该值",
    "EPCIS_VERSION": "不支持的 EPCIS 版本",
    "EPCIS_VOCABULARY": "标准词汇中没有此词",
    "EVIDENCE_INVALID": "证据包无法读取",
    "FILE_UNUSABLE": "无法读取该文件",
    "FORBIDDEN": "此密钥或角色无权操作",
    "GENESIS_MISMATCH": "日志的创世信息与信任文件不符",
    "HEADER_INVALID": "证据中的区块头格式不对",
    "HEADER_NOT_SHOWN": "证明未显示记录的类型",
    "INCLUSION_PROOF": "未能证明记录在日志中",
    "INVALID_INPUT": "输入格式不对",
    "ITEMPROOF_ERROR": "出错了",
    "JSON_DEPTH": "JSON 嵌套过深",
    "JSON_DUPLICATE_KEY": "对象中有重复的成员",
    "JSON_ENCODING": "文件不是 UTF-8 编码",
    "JSON_NUMBER": "数字无法精确保存",
    "JSON_STRING": "文本含不完整的字符",
    "JSON_SYNTAX": "文件不是完整的 JSON",
    "JSON_TOO_LARGE": "文件过大",
    "KEY_MISMATCH": "证明混用了不同的密钥或企业",
    "KEY_NOT_VALID": "签名时密钥无效",
    "LOG_MISMATCH": "证明属于另一个日志",
    "LOT_MISMATCH": "所示批次与此物品不符",
    "NOT_CANONICAL": "JSON 不是规范形式",
    "NOT_FOUND": "没有找到相应记录",
    "NOT_REACHED": "前面的步骤未通过，未执行到此",
    "PREFIX_OUT_OF_SCOPE": "签发方无权使用此厂商识别代码",
    "PROOF_REJECTED": "证明不成立",
    "PUBLIC_KEY_INVALID": "公钥不是安全的 Ed25519 公钥",
    "RECORD_INVALID": "记录无法写入承诺",
    "REFUSED": "账本规则不允许此操作",
    "RLP_INVALID": "链上证据格式不对",
    "ROLE_OUT_OF_SCOPE": "签署方的角色无权签署此类记录",
    "SCHEME_UNKNOWN": "签名方案未知",
    "SEEN_OUT_OF_RANGE": "签署方不可能见过该检查点",
    "SETTINGS_INVALID": "设置格式不对",
    "SIGNATURE_INVALID": "签名无效",
    "SIGNERS_INVALID": "签名方与要求不符",
    "SLOT_INVALID": "存储证据不是日志头",
    "STATEMENT_INVALID": "签名声明格式不对",
    "STATEMENT_OF_OTHER_LOG": "声明是为另一个日志签署的",
    "STATEMENT_TYPE_WRONG": "此处的声明类型不对",
    "STATE_LEAF_ABSENT": "列表中没有此密钥或状态",
    "STATE_LEAF_INVALID": "列表中的密钥或状态格式不对",
    "STATE_STALE": "密钥与状态列表已过时",
    "STATE_TOO_EARLY": "密钥与状态列表早于此记录",
    "STATUS_RUN_INVALID": "记录的状态可能被隐去",
    "TRIE_PROOF_INVALID": "链上证据不成立",
    "TRUST_FILE_INVALID": "信任文件格式不对",
    "TRUST_FILE_MISSING": "该位置没有信任文件",
    "TRUST_MISSING": "缺少信任依据",
    "UNAVAILABLE": "暂时不可用",
}


def fault_in_chinese(text: str) -> str:
    """Return what is wrong in Chinese; of a text that is not known, the values that it quotes."""
    steps = [_step(part) for part in text.split("; ")]
    if all(steps):
        return "；".join(steps)
    for template, chinese in FAULTS.items():
        found = re.fullmatch(re.escape(template).replace(r"\{\}", "(.+?)"), text, re.DOTALL)
        if found is not None:
            return chinese.format(*(WORDS.get(part, part) for part in found.groups()))
    return "、".join(re.findall(r"'[^']*'", text))


def _step(text: str) -> str:
    """Return a refused step, `(9) ANCHOR_MISMATCH: why`, with its title in the place of why."""
    found = re.match(r"\((\d+)\) ([A-Z0-9_]+): ", text)
    return "" if found is None else f"({found[1]}) {titled(found[2])}"


def titled(code: str) -> str:
    """Return what a code means, and the code."""
    return f"{TITLES.get(code, '出错了')}（{code}）"
