import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { installBcoin } from '../src/index.ts';
import { describeBcoin } from './support.ts';

const LOAD = join(import.meta.dirname, '../child/load.cjs');

/** Prints what bcoin finds of some signatures: in a process of its own, since a process has one bcoin. */
const PROGRAM = `
  const { load } = require(process.argv[1]);
  const bcoin = load(process.argv[2], process.argv[3]);
  const curve = bcoin.require('bcrypto/lib/secp256k1');
  const [secret, message] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const key = curve.publicKeyCreate(secret, true);
  const der = curve.signDER(message, secret);
  const compact = curve.sign(message, secret);
  const highS = Buffer.concat([compact.slice(0, 32), Buffer.from(
    ((BigInt('0x' + curve.order.toString('hex')) - BigInt('0x' + compact.toString('hex', 32)))
      .toString(16).padStart(64, '0')), 'hex')]);
  const before = highS.toString('hex');
  console.log(JSON.stringify({
    der: curve.verifyDER(message, der, key),
    otherMessage: curve.verifyDER(Buffer.alloc(32, 3), der, key),
    highS: curve.verify(message, highS, key),
    isUnchanged: highS.toString('hex') === before,
    noKey: curve.verifyDER(message, der, Buffer.alloc(33, 2)),
    uncompressed: curve.verifyDER(message, der, curve.publicKeyCreate(secret, false)),
    zero: curve.verify(message, Buffer.alloc(64), key),
  }));
`;

describeBcoin('signatures', () => {
  test.each(['node', 'native'])('are judged the same by the backend %s', (backend) => {
    const { stdout, stderr } = spawnSync(
      process.execPath, ['--no-deprecation', '-e', PROGRAM, LOAD, installBcoin(), backend],
      { encoding: 'utf8' },
    );
    expect([stderr, JSON.parse(stdout || '{}')]).toEqual(['', {
      der: true, otherMessage: false, highS: true, isUnchanged: true, noKey: false, uncompressed: true,
      zero: false,
    }]);
  });
});
