import type { Chain } from '@btcp2p/wire';
import { decodeAddress } from '../descriptors/address.ts';
import { parseDescriptor } from '../descriptors/parse-descriptor.ts';
import { RPC_INVALID_ADDRESS_OR_KEY, RPC_INVALID_PARAMETER, RpcError } from '../rpc/rpc-error.ts';

/**
 * The script that a reward goes to.
 *
 * @throws RpcError
 */
export function scriptOfAddress(address: string, chain: Chain): Uint8Array {
  const decoded = decodeAddress(address, chain);
  if (decoded.status === 'ok') return decoded.scriptPubKey;
  throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, 'Error: Invalid address');
}

/**
 * The script of a descriptor, of `combo()` P2WPKH, or P2PKH if its key is not compressed (Core
 * `getScriptFromDescriptor`, rpc/mining.cpp).
 *
 * @throws RpcError
 */
export function scriptOfDescriptor(descriptor: string, chain: Chain): Uint8Array {
  const parsed = parseDescriptor(descriptor, chain);
  if (parsed.status === 'invalid') throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, parsed.error);
  const [first, ...others] = parsed.descriptors;
  if (others.length > 0) {
    throw new RpcError(RPC_INVALID_PARAMETER, 'Multipath descriptor not accepted');
  }
  if (first.isRange) {
    throw new RpcError(
      RPC_INVALID_PARAMETER,
      'Ranged descriptor not accepted. Maybe pass through deriveaddresses first?',
    );
  }
  const scripts = first.expand(0);
  if (scripts === undefined) {
    throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, 'Cannot derive script without private keys');
  }
  return scripts[Math.min(scripts.length - 1, 2)]!;
}

/** The script of a descriptor, or else of an address. @throws RpcError */
export function scriptOfOutput(output: string, chain: Chain): Uint8Array {
  if (parseDescriptor(output, chain).status === 'ok') return scriptOfDescriptor(output, chain);
  const decoded = decodeAddress(output, chain);
  if (decoded.status === 'ok') return decoded.scriptPubKey;
  throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, 'Error: Invalid address or descriptor');
}
