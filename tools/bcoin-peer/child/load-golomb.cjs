'use strict';

// Loads golomb 1.2.0 from an installation whose install scripts did not run. CommonJS for the reasons
// that load.cjs has: under jest, `process.env` of a test is a copy that golomb would not see.

const { createRequire } = require('node:module');
const path = require('node:path');

/** @param {string} directory where golomb was installed: the folder that holds node_modules */
exports.load = function load(directory) {
  const home = path.join(directory, 'node_modules', 'golomb', 'package.json');
  const requireGolomb = createRequire(home);
  // bcrypto reads the variable while it is loaded, and without it wants its native part.
  const before = process.env.NODE_BACKEND;
  process.env.NODE_BACKEND = 'js';
  try {
    const Golomb = requireGolomb('golomb');
    return {
      version: requireGolomb(home).version,
      fromItems: (p, key, elements) => Golomb.fromItems(p, key, elements),
      fromNBytes: (p, bytes) => Golomb.fromNBytes(p, bytes),
      buffer: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    };
  } finally {
    if (before === undefined) delete process.env.NODE_BACKEND;
    else process.env.NODE_BACKEND = before;
  }
};
