import { toHex, type Chain } from '@btcp2p/wire';
import { encodeAddress } from './address.ts';
import { withChecksum } from './descriptor-checksum.ts';
import { isPublicKey } from './public-key.ts';
import { solveScript } from './script-type.ts';

/**
 * The descriptor of a script of which nothing else is known, with its checksum: `pk()`, `multi()`,
 * `rawtr()`, else `addr()`, or `raw()` where there is no address (Core `InferDescriptor` without keys,
 * script/descriptor.cpp).
 *
 * @param address of the script, from a caller who has it
 */
export function inferDescriptor(
  script: Uint8Array,
  chain: Chain,
  address: string | undefined = encodeAddress(script, chain),
): string {
  return withChecksum(inferText(script, address));
}

function inferText(script: Uint8Array, address: string | undefined): string {
  const { type, parts, required } = solveScript(script);
  const isHybrid = parts[0]?.length === 65 && parts[0][0]! > 4;
  if (type === 'pubkey' && !isHybrid) return `pk(${toHex(parts[0]!)})`;
  if (type === 'multisig' && parts.every((key) => key[0]! <= 4)) {
    return `multi(${[required, ...parts.map(toHex)].join(',')})`;
  }
  if (type === 'witness_v1_taproot' && isPublicKey(Uint8Array.of(2, ...parts[0]!))) {
    return `rawtr(${toHex(parts[0]!)})`;
  }
  return address === undefined ? `raw(${toHex(script)})` : `addr(${address})`;
}
