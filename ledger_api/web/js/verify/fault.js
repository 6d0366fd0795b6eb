// What a check raises: a fault has a stable code, the same as the Python verifier's.

export class Fault extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

// A step that cannot be taken; it neither passes nor fails.
export class NotChecked extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export function demand(condition, code, message) {
  if (!condition) throw new Fault(code, message);
}
