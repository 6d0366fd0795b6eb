#!/usr/bin/env node
// A native-looking `solc` over the npm compiler, for Forge and py-solc-x.
//
// Both call the compiler with `--version`, then with `--standard-json` on standard input.
// npm's own `solcjs` cannot stand in: it prints a prompt before the JSON and exits before a
// long answer is written.
"use strict";

const { readFileSync, writeSync } = require("node:fs");
const solc = require("solc");

/** Write all of `text`, also to a pipe that takes less than asked. */
function print(text) {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

if (process.argv.includes("--version")) {
  print(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else {
  print(`${solc.compile(readFileSync(0, "utf8"))}\n`);
}
