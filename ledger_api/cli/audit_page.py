"""The audit's report as one HTML file: Chinese and English, no script, to be printed and kept."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment

from ledger_api.cli.wording import words
from ledger_api.i18n.translations import Language

# What was checked, as both languages call it.
PARTS = {
    "entries": ("日志条目", "Log entries"),
    "batches": ("批次", "Batches"),
    "records": ("记录", "Records"),
    "checkpoints": ("签名树头", "Signed heads"),
    "anchors": ("锚定", "Anchors"),
}
COLUMNS = (
    ("表", "table", "table"),
    ("键", "key", "key"),
    ("列", "column", "column"),
    ("应为", "expected", "expected"),
    ("实为", "found", "found"),
)
TEMPLATE = """<!DOCTYPE html>
<html lang="zh">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>审计报告 · Audit report</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; margin: 2rem auto;
  max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.75rem; margin-bottom: .25rem; } h2 { font-size: 1.3rem; }
h1 [lang=en], h2 [lang=en], dt [lang=en] { white-space: nowrap; }
p [lang=en], li [lang=en] { display: block; }
.verdict { font-size: 1.25rem; font-weight: 600; padding: .5rem .75rem; border-left: .4rem solid; }
.yes { border-color: #16794c; } .no { border-color: #b3261e; }
dl { display: grid; grid-template-columns: minmax(9rem, auto) 1fr; gap: .25rem 1rem; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
dd code { font-size: .875rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { border: 1px solid #8888; padding: .25rem .5rem; text-align: left;
  vertical-align: top; overflow-wrap: break-word; }
.note { font-size: .9rem; }
@media (max-width: 30rem) {
  dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; }
  thead { display: none; } tr, td { display: block; }
  tr { border: 1px solid #8888; margin-bottom: .75rem; }
  td { border: 0; overflow-wrap: anywhere; }
  td::before { content: attr(data-name) "  "; font-weight: 600; }
}
@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } }
</style>
</head>
<body>
<h1>审计报告 <span lang="en">Audit report</span></h1>
{% if ok -%}
<p class="verdict yes">✓ 全部一致。<span lang="en">Everything agrees.</span></p>
{%- elif not total -%}
<p class="verdict no">✗ 没有不一致，但审计不完整。<span lang="en">Nothing differs, but the audit is
not complete.</span></p>
{%- else -%}
<p class="verdict no">✗ {{ total }} 处不一致。<span lang="en">{{ total }} differences.</span></p>
{%- endif %}
<h2>审计了什么 <span lang="en">What was audited</span></h2>
<dl>
{% if head -%}
<dt>日志编号 <span lang="en">Log id</span></dt><dd><code>{{ head.log }}</code></dd>
<dt>链 <span lang="en">Chain</span></dt><dd>{{ head.chain_id }}</dd>
<dt>合约 <span lang="en">Contract</span></dt><dd><code>{{ head.contract }}</code></dd>
<dt>日志头 <span lang="en">Head</span></dt>
<dd>{{ head.tree_size }} · <code>{{ head.root_hash }}</code></dd>
{% endif -%}
{% for name, count in checked.items() -%}
<dt>{{ parts.get(name, (name, name))[0] }}
<span lang="en">{{ parts.get(name, (name, name))[1] }}</span></dt><dd>{{ count }}</dd>
{% endfor -%}
<dt>完成于 <span lang="en">Finished</span></dt><dd>{{ finished }}</dd>
<dt>用时（秒） <span lang="en">Seconds</span></dt><dd>{{ seconds }}</dd>
<dt>程序版本 <span lang="en">Code version</span></dt><dd><code>{{ code_version }}</code></dd>
</dl>
{% if chain_fault -%}
<p>未能由链证实 <span lang="en">Not confirmed by the chain</span>:
{{ chain_fault.code }}: {{ chain_fault.message }}</p>
{% endif -%}
{% if contract_asked is defined and not contract_asked -%}
<p>未询问合约当前的日志头。<span lang="en">The contract was not asked for its head.</span></p>
{% endif -%}
{% if unchecked_blocks -%}
<p>{{ unchecked_blocks }} 个锚定区块未检查。
<span lang="en">{{ unchecked_blocks }} blocks of anchors were not checked.</span></p>
{% endif -%}
{% if missing -%}
<h2>缺少的部分 <span lang="en">Missing parts</span></h2>
<ul>
{% for part in missing -%}
<li>{{ part.file }} ({{ part.tree_size }})</li>
{% endfor -%}
</ul>
{% endif -%}
{% if unchecked -%}
<h2>未能核对 <span lang="en">Could not be checked</span></h2>
<ul>
{% for left in unchecked -%}
<li><code>{{ left.table }}[{{ left.key }}].{{ left.column }}</code>：{{ why(left, "zh") }}
<span lang="en">{{ why(left, "en") }}</span></li>
{% endfor -%}
</ul>
{% endif -%}
{% if differences -%}
<h2>不一致之处 <span lang="en">Differences</span></h2>
{% if total > differences | length -%}
<p>下列前 {{ differences | length }} 处。
<span lang="en">The first {{ differences | length }} are listed.</span></p>
{% endif -%}
<div class="wide" tabindex="0">
<table>
<thead><tr>{% for zh, en, _ in columns %}<th>{{ zh }} <span lang="en">{{ en }}</span></th>
{% endfor %}</tr></thead>
<tbody>
{% for found in differences -%}
<tr>{% for zh, en, name in columns %}<td data-name="{{ zh }} {{ en }}">{{ found[name] }}</td>
{%- endfor %}</tr>
{% endfor -%}
</tbody>
</table>
</div>
{% endif -%}
<p class="note">这份报告说的是数据库与日志、锚定是否一致，不说记录是否属实；报告本身没有签名。
<span lang="en">This report says whether the database agrees with the log and its anchors, not
whether the records are true; it is not signed itself.</span></p>
</body>
</html>
"""


def audit_page(report: dict[str, Any]) -> str:
    """Return the page of a report as `--json` has it; what is stored is escaped."""
    page = Environment(autoescape=True).from_string(TEMPLATE)
    return page.render(**report, parts=PARTS, columns=COLUMNS, why=_why)


def _why(left: dict[str, str], language: Language) -> str:
    return words(f"unchecked_{left['reason']}", language=language, detail=left["detail"])
