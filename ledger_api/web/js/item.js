// Takes the verifier's steps again, in the reader's own browser, and shows each result.
//
// The server has already rendered its verdict. This module replaces it where the browser
// disagrees, and never shows as passed what it could not check.

import { verifyBundle } from "./verify/verifier.js";

const LARGEST_PROOF_BYTES = 1 << 20;

const section = document.querySelector("[data-check]");
const line = document.querySelector("[data-check-line]");
const words = JSON.parse(document.querySelector("script[data-words]").textContent);

document.querySelector("[data-plain-http]").hidden = location.protocol === "https:";
if (section.querySelector("[data-step]")) {
  check();
}

async function check() {
  line.textContent = words.checking;
  let report;
  try {
    const [bundle, trust] = await Promise.all([
      fetchBytes(section.dataset.bundle),
      fetchBytes(section.dataset.trust),
    ]);
    const trusted = JSON.parse(new TextDecoder().decode(trust));
    report = verifyBundle(bundle, trusted, { accept: "logged", code: section.dataset.code });
  } catch (error) {
    // No answer, or a browser that lacks something: nothing was checked, so nothing is claimed.
    console.warn("this browser could not check the proof:", error);
    line.textContent = words.unable;
    return;
  }
  show(report);
}

async function fetchBytes(address) {
  const response = await fetch(address, { headers: { Accept: "application/json, */*" } });
  if (!response.ok) {
    throw new Error(`${address} answered ${response.status}`);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length > LARGEST_PROOF_BYTES) {
    throw new Error(`${address} is larger than any proof`);
  }
  return bytes;
}

function show(report) {
  for (const step of report.steps) {
    showStep(step);
  }
  const checker = section.querySelector("[data-who-checked]");
  checker.textContent = words.by_browser;
  checker.dataset.whoChecked = "browser";
  if (report.warnings.some(({ code }) => code === "KEY_SUSPECT")) {
    document.querySelector("[data-suspect]").hidden = false;
  }
  const passed = report.steps.filter((step) => step.result === "passed").length;
  const isRefuted = report.steps.some((step) => step.result === "failed");
  const isOther = !isRefuted && compareWithPage(report) > 0;
  if (isRefuted || isOther) {
    line.textContent = isOther ? words.differs : words.failed;
    showMismatch();
  } else {
    const counted = words.passed.replace("{passed}", passed);
    line.textContent = counted.replace("{all}", report.steps.length);
  }
}

// The proof may be genuine and the page around it still say something else. Each shown value
// that the proof covers is compared; what the proof does not cover is marked as such.
function compareWithPage(report) {
  let differing = 0;
  for (const element of document.querySelectorAll("[data-proven]")) {
    const value = provenValue(report, element.dataset.proven.split("/"));
    if (value === undefined) {
      note(element, words.not_in_proof);
    } else if (!saysTheSame(element.dataset.value ?? element.textContent, value)) {
      note(element, words.proof_says.replace("{value}", String(value)));
      differing += 1;
    }
  }
  return differing;
}

function provenValue(report, [part, member, language]) {
  if (part === "status") return report.status;
  if (part === "signer") return report.signer.name;
  const field = report.lot.find(({ path }) => path.length === 1 && path[0] === member);
  return language === undefined ? field?.value : field?.value?.[language];
}

function saysTheSame(text, value) {
  if (typeof value === "number") return Number(text) === value;
  if (typeof value === "boolean") return text.toLowerCase() === String(value);
  return text === value;
}

function note(element, text) {
  const small = document.createElement("small");
  small.textContent = text;
  element.append(small);
}

function showStep(step) {
  const item = section.querySelector(`[data-step="${step.step}"]`);
  if (item === null) {
    return;
  }
  item.className = `step-${step.result}`;
  item.querySelector("[data-result]").textContent = words.results[step.result];
  item.querySelector(".mark").replaceWith(mark(step.result));
  item.querySelector("[data-reason]")?.remove();
  if (step.result !== "passed") {
    const reason = document.createElement("span");
    reason.className = "step-reason";
    reason.textContent = reasonOf(step);
    item.append(reason);
  }
}

function reasonOf(step) {
  const words_of_code = { NOT_REACHED: words.not_reached, CHAIN_NOT_ASKED: words.not_here };
  return words_of_code[step.code] ?? step.code ?? step.reason ?? "";
}

function mark(result) {
  const marks = document.querySelector("template[data-marks]").content;
  return marks.querySelector(`[data-mark="${result}"] .mark`).cloneNode(true);
}

function showMismatch() {
  const verdict = document.querySelector("[data-verdict]");
  verdict.className = "verdict verdict-mismatch";
  verdict.querySelector("[data-verdict-title]").textContent = words.mismatch_title;
  verdict.querySelector("[data-verdict-text]").textContent = words.mismatch_text;
  verdict.querySelector("[data-seal]").replaceChildren(mark("failed"));
  verdict.querySelector(".track")?.remove();
}
