// From an EPCIS document to a batch: records with fresh secrets, their commitments, the root.
// Source: docs/formats.md, sections 1, 2 and "signed batch". The server recomputes all of it.

import { b64uEncode, compareBytes, concat, sha256, utf8 } from "../verify/bytes.js";
import { demand } from "../verify/fault.js";
import {
  commitmentOf,
  EVENT_HEADER,
  EVENT_TYPES,
  RESERVED,
  rootOf,
  splitsByMember,
} from "../verify/fields.js";
import { canonicalBytes, canonicalize } from "../verify/json.js";
import { isObject } from "../verify/shapes.js";

const SALT_LABEL = concat(utf8("itemproof/salt/1"), new Uint8Array(16));
const MAX_FIELDS = 65_536;
const MASTER_DATA_TYPE = "application/json";
const LISTS = {
  EPCISDocument: ["epcisBody", "eventList"],
  EPCISQueryDocument: ["epcisBody", "queryResults", "resultsBody", "eventList"],
};
const VOCABULARIES = [
  ["epcisHeader", "epcisMasterData", "vocabularyList"],
  ["epcisBody", "queryResults", "resultsBody", "vocabularyList"],
];

const invalid = (condition, message) => demand(condition, "RECORD_INVALID", message);
const entriesOf = (context) => (Array.isArray(context) ? context : [context]);
const within = (value, path) =>
  path.reduce((found, step) => (isObject(found) ? found[step] : undefined), value);

// Returns {kind, payload, mediaType?} of each event, and of the document's master data.
export function recordsOf(document) {
  const path = isObject(document) ? LISTS[document.type] : undefined;
  const outer = path && document["@context"] !== undefined ? entriesOf(document["@context"]) : [];
  const listed = path ? within(document, path) : entriesOf(document);
  invalid(Array.isArray(listed) && listed.length > 0, "document has no events");
  const events = listed.map((event) => ({ kind: "event", payload: withContext(event, outer) }));
  return [...events, ...masterData(document)];
}

function withContext(event, outer) {
  const isEvent = isObject(event) && EVENT_TYPES.includes(event.type);
  invalid(isEvent, "document holds something that is no event");
  const known = new Set(outer.map(canonicalize));
  const own = event["@context"] === undefined ? [] : entriesOf(event["@context"]);
  const fresh = own.filter((entry) => !known.has(canonicalize(entry)));
  return { ...event, "@context": [...outer, ...fresh] };
}

function masterData(document) {
  const found = VOCABULARIES.flatMap((path) => within(document, path) ?? []);
  if (found.length === 0) return [];
  const context = document["@context"] === undefined ? {} : { "@context": document["@context"] };
  const payload = { vocabularyList: found, ...context };
  return [{ kind: "document", payload, mediaType: MASTER_DATA_TYPE }];
}

// Returns {count, root, records}; `records` are the members of a signed batch, with secrets.
export function draftBatch(records, random = randomBytes) {
  const drafted = records.map((record) => ({ ...record, secret: random(32) }));
  const leaves = drafted.map(({ kind, payload, secret, mediaType }) => {
    const fields = saltedFields(kind, payload, { secret, mediaType });
    return commitmentOf(kind, { isComplete: true, fields }).leaf;
  });
  return { count: leaves.length, root: rootOf(leaves), records: drafted.map(toJson) };
}

// Returns the fields of a record, header first, in order.
export function saltedFields(kind, payload, { secret, mediaType }) {
  const fields = [[[], headerOf(kind, payload, mediaType)], ...split(kind, payload)];
  invalid(fields.length <= MAX_FIELDS, "record has too many fields");
  return fields.map(([path, value]) => {
    const salt = sha256(concat(SALT_LABEL, secret, canonicalBytes(path))).slice(0, 16);
    return { path, salt, value };
  });
}

function headerOf(kind, payload, mediaType) {
  if (kind === "document") return { kind, media_type: mediaType };
  if (kind !== "event") return { kind };
  invalid(Array.isArray(payload["@context"]), "event has no @context array");
  const header = { kind };
  for (const name of EVENT_HEADER) if (Object.hasOwn(payload, name)) header[name] = payload[name];
  const names = ["type", "eventTime", "eventTimeZoneOffset"];
  invalid(names.every((name) => Object.hasOwn(header, name)), "event lacks a member of its header");
  const areTexts = Object.values(header).every((value) => typeof value === "string");
  invalid(areTexts && EVENT_TYPES.includes(header.type), "event's header is malformed");
  return Object.hasOwn(payload, "errorDeclaration") ? { ...header, declared_error: true } : header;
}

function split(kind, payload) {
  const taken = kind === "event" ? [...EVENT_HEADER, "recordTime"] : [];
  const barred = [...RESERVED, { event: "declared_error", document: "media_type" }[kind]];
  const names = Object.keys(payload).filter((name) => !taken.includes(name));
  const wrong = names.find((name) => barred.includes(name));
  invalid(wrong === undefined, `record has a member named ${wrong}`);
  const fields = names.flatMap((name) => parts(name, payload[name]));
  const keyed = fields.map(([path, value]) => [canonicalBytes(path), path, value]);
  keyed.sort(([a], [b]) => compareBytes(a, b));
  return keyed.map(([, path, value]) => [path, value]);
}

function parts(name, value) {
  if (Array.isArray(value) && value.length > 0 && name !== "@context") {
    return value.map((part, i) => [[name, i], part]);
  }
  if (isObject(value) && splitsByMember(name) && Object.keys(value).length > 0) {
    return Object.entries(value).map(([member, part]) => [[name, member], part]);
  }
  return [[[name], value]];
}

function toJson({ kind, payload, secret, mediaType }) {
  const record = { kind, payload, secret: b64uEncode(secret) };
  return mediaType === undefined ? record : { ...record, media_type: mediaType };
}

export function randomBytes(count) {
  return crypto.getRandomValues(new Uint8Array(count));
}
