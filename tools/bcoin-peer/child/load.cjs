'use strict';

// Loads bcoin 1.0.2 from an installation whose install scripts did not run, so without its native
// parts. CommonJS, because it must run as a plain script: in the child process, and outside of
// jest's module registry when a test loads bcoin in its own process.

const { createRequire } = require('node:module');
const path = require('node:path');

/**
 * Two of bcoin's dependencies have no fallback of their own when their native part is missing. They
 * are answered from the module cache: murmur3 by the package's own browser variant, LevelDB by
 * nothing, since every database here is in memory.
 */
function replaceNativeModules(requireBcoin) {
  const murmur3 = requireBcoin.resolve('mrmr');
  const variant = path.join(path.dirname(murmur3), 'murmur3-browser.js');
  requireBcoin(variant);
  requireBcoin.cache[murmur3] = requireBcoin.cache[variant];

  const filename = requireBcoin.resolve('leveldown');
  const exports = function leveldown() {
    throw new Error('this bcoin has no LevelDB: open it with memory: true');
  };
  requireBcoin.cache[filename] = {
    id: filename, filename, path: path.dirname(filename),
    exports, loaded: true, parent: null, children: [], paths: [], require: requireBcoin,
  };
}

/**
 * Signatures are checked by libsecp256k1, as they are where bcoin's native parts could be built, but
 * of a later version: 5 of the package `secp256k1` in place of 3, which does not build any more.
 */
function replaceCurve(requireBcoin) {
  const binding = require('secp256k1/bindings.js');
  const curve = requireBcoin('secp256k1/js');
  curve.verify = (message, signature, key) => binding.ecdsaVerify(signature, message, key);
  curve.signatureNormalize = (signature) => binding.signatureNormalize(Buffer.from(signature));
}

let loaded;

/**
 * @param {string} directory where bcoin was installed: the folder that holds node_modules
 * @param {'native' | 'node' | 'js'} backend what bcrypto computes with, see src/backend.ts
 */
exports.load = function load(directory, backend) {
  if (loaded !== undefined) {
    if (loaded.backend === backend && loaded.directory === directory) return loaded;
    throw new Error(`bcoin is already loaded with the '${loaded.backend}' backend`);
  }
  const home = path.join(directory, 'node_modules', 'bcoin', 'package.json');
  const requireBcoin = createRequire(home);
  // bcrypto and bsip read the variable while they are loaded, so all of bcoin is loaded here.
  const before = process.env.NODE_BACKEND;
  process.env.NODE_BACKEND = backend === 'native' ? 'node' : backend;
  try {
    replaceNativeModules(requireBcoin);
    if (backend === 'native') replaceCurve(requireBcoin);
    loaded = {
      backend,
      directory,
      version: requireBcoin(home).version,
      FullNode: requireBcoin('./lib/node/fullnode'),
      Block: requireBcoin('./lib/primitives/block'),
      TX: requireBcoin('./lib/primitives/tx'),
      Headers: requireBcoin('./lib/primitives/headers'),
      MerkleBlock: requireBcoin('./lib/primitives/merkleblock'),
      CompactBlock: requireBcoin('./lib/net/bip152').CompactBlock,
      Framer: requireBcoin('./lib/net/framer'),
      Parser: requireBcoin('./lib/net/parser'),
      packets: requireBcoin('./lib/net/packets'),
      buffer: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      require: (id) => requireBcoin(id),
    };
  } finally {
    if (before === undefined) delete process.env.NODE_BACKEND;
    else process.env.NODE_BACKEND = before;
  }
  return loaded;
};
