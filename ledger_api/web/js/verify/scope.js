// What a key may sign, and which codes a record's disclosed fields name.
// Source: docs/formats.md, sections 4 and 8, steps (4) and (1).

import { canonicalUri, gtinOf, identify, lotOf, readable, sameItem } from "./codes.js";
import { demand, Fault } from "./fault.js";
import { isObject } from "./shapes.js";

const ROLES_BY_KIND = {
  event: ["supplier", "producer", "carrier", "distributor", "retailer", "operator"],
  item: ["supplier", "producer"],
  participant: ["operator"],
  document: ["auditor", "carrier", "distributor", "operator", "producer", "retailer", "supplier"],
};
const LOT_MEDIA_TYPE = "application/vnd.itemproof.lot+json";
const EPC_LISTS = ["epcList", "childEPCs", "inputEPCList", "outputEPCList"];
const QUANTITY_LISTS = [
  "quantityList",
  "childQuantityList",
  "inputQuantityList",
  "outputQuantityList",
];
const CBV = "(ref\\.gs1\\.org/cbv/|ns\\.gs1\\.org/cbv/)";
const COMMISSIONING = new RegExp(
  `^(|cbv:BizStep-|https?://${CBV}BizStep-|urn:epcglobal:cbv:bizstep:)commissioning$`,
);
const GTIN_URI = /^https:\/\/id\.gs1\.org\/(?:01|8006)\/([0-9]{14})/;

export function checkRole(kind, roles) {
  const isAllowed = roles.some((role) => ROLES_BY_KIND[kind].includes(role));
  demand(isAllowed, "ROLE_OUT_OF_SCOPE", `key may not sign ${kind} records`);
}

// Only what issues is bound: item records, and commissioning with ADD.
export function checkPrefixes(kind, fields, prefixes) {
  if (kind !== "item" && !commissions(kind, fields)) return;
  for (const code of disclosedCodes(kind, fields)) {
    const gtin = gtinIn(code);
    demand(gtin !== null || kind !== "item", "PREFIX_OUT_OF_SCOPE", "item has no GTIN");
    const isOwn = gtin === null || prefixes.some((prefix) => gtin.startsWith(prefix, 1));
    demand(isOwn, "PREFIX_OUT_OF_SCOPE", `key may not issue GTIN ${gtin}`);
  }
}

// Refuses unless a disclosed field names `code`, or it is the record's own URN, or none.
export function checkCode({ kind, fields }, code, urn) {
  if (code === null || code === urn) return;
  const isNamed = disclosedCodes(kind, fields.fields).some((found) => sameItem(code, found));
  demand(isNamed, "CODE_MISMATCH", "bundle is of another item: no disclosed field names the code");
}

// Refuses lot attributes that name another product or lot than the item's code.
export function checkLot(record, lot) {
  const [named] = lotCodes(lot.fields.fields);
  const isSame = disclosedCodes(record.kind, record.fields.fields)
    .map(readable)
    .some(
      (item) =>
        typeof item !== "string" &&
        named !== undefined &&
        gtinOf(item) === named.key &&
        lotOf(item) === lotOf(named),
    );
  demand(isSame, "LOT_MISMATCH", "lot attributes are of another product or lot than the item");
}

export function disclosedCodes(kind, fields) {
  if (kind === "item") return texts(fields[0].value.id);
  if (kind === "event") return fields.slice(1).flatMap(eventCodes);
  return kind === "document" ? lotCodes(fields) : [];
}

function eventCodes({ path, value }) {
  const [name] = path;
  if (name === "parentID" || (EPC_LISTS.includes(name) && path.length > 1)) return texts(value);
  if (QUANTITY_LISTS.includes(name) && isObject(value)) return texts(value.epcClass);
  return [];
}

function lotCodes(fields) {
  if (fields[0].value.media_type !== LOT_MEDIA_TYPE) return [];
  const shown = (name) =>
    fields.find(({ path }) => path.length === 1 && path[0] === name)?.value;
  const [gtin, lot] = [shown("gtin"), shown("lot")];
  if (typeof gtin !== "string" || typeof lot !== "string") return [];
  try {
    return [identify("01", gtin, [["10", lot]])];
  } catch (fault) {
    if (fault instanceof Fault) return [];
    throw fault;
  }
}

function commissions(kind, fields) {
  const { bizStep, action } = fields[0].value;
  const isCommissioning = typeof bizStep === "string" && COMMISSIONING.test(bizStep);
  return kind === "event" && action === "ADD" && isCommissioning;
}

function gtinIn(code) {
  try {
    return canonicalUri(code).match(GTIN_URI)?.[1] ?? null;
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    throw new Fault("PREFIX_OUT_OF_SCOPE", `code is faulty: ${fault.message}`);
  }
}

const texts = (value) => (typeof value === "string" ? [value] : []);
