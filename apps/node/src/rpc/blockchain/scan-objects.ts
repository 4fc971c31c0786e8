import { toHex, type Chain } from '@btcp2p/wire';
import { asDescriptorRange } from '../../descriptors/address-methods.ts';
import { withChecksum } from '../../descriptors/descriptor-checksum.ts';
import type { Descriptor } from '../../descriptors/descriptor.ts';
import { inferDescriptor } from '../../descriptors/infer-descriptor.ts';
import { parseDescriptor } from '../../descriptors/parse-descriptor.ts';
import { asString } from '../convert.ts';
import { JsonObject, type JsonValue } from '../json-value.ts';
import { RPC_INVALID_ADDRESS_OR_KEY, RPC_INVALID_PARAMETER, RpcError } from '../rpc-error.ts';
import type { Turns } from '../turns.ts';

/** The last index of a row, if none is given. */
const DEFAULT_LAST_INDEX = 1_000;

/** What to look for: scripts, each with what is known of it. */
export class WantedScripts {
  readonly #scripts = new Map<string, { readonly script: Uint8Array; readonly infer: () => string }>();

  /** All of them, each once. */
  get scripts(): Uint8Array[] {
    return [...this.#scripts.values()].map(({ script }) => script);
  }

  /** Adds a script, unless it is there. */
  add(script: Uint8Array, infer: () => string): void {
    const key = toHex(script);
    if (!this.#scripts.has(key)) this.#scripts.set(key, { script, infer });
  }

  /** A descriptor of one of them, with its checksum. */
  describe(script: Uint8Array): string {
    return this.#scripts.get(toHex(script))!.infer();
  }
}

/**
 * Adds the scripts of one thing to look for: a descriptor, or an object with one and a range (Core
 * `EvalDescriptorStringOrObject`, rpc/util.cpp).
 *
 * @throws RpcError
 */
export async function addScanObject(
  wanted: WantedScripts,
  value: JsonValue,
  chain: Chain,
  turns: Turns,
): Promise<void> {
  const { text, range } = partsOf(value);
  const parsed = parseDescriptor(text, chain);
  if (parsed.status === 'invalid') throw new RpcError(RPC_INVALID_ADDRESS_OR_KEY, parsed.error);
  const [low, high] = parsed.descriptors[0].isRange ? range : [0, 0];
  for (let index = low; index <= high; index++) {
    for (const descriptor of parsed.descriptors) {
      if (addScripts(wanted, descriptor, index, chain)) continue;
      throw new RpcError(
        RPC_INVALID_ADDRESS_OR_KEY, `Cannot derive script without private keys: '${text}'`,
      );
    }
    if (turns.isOver) await turns.pass();
  }
}

function partsOf(
  value: JsonValue,
): { readonly text: string; readonly range: readonly [number, number] } {
  if (typeof value === 'string') return { text: value, range: [0, DEFAULT_LAST_INDEX] };
  if (!(value instanceof JsonObject)) {
    throw new RpcError(
      RPC_INVALID_PARAMETER, 'Scan object needs to be either a string or an object',
    );
  }
  const desc = value.get('desc');
  if (desc === null) {
    throw new RpcError(RPC_INVALID_PARAMETER, 'Descriptor needs to be provided in scan object');
  }
  const text = asString(desc);
  const range = value.get('range');
  return { text, range: range === null ? [0, DEFAULT_LAST_INDEX] : asDescriptorRange(range) };
}

/** Returns whether they can be derived. */
function addScripts(
  wanted: WantedScripts,
  descriptor: Descriptor,
  index: number,
  chain: Chain,
): boolean {
  const scripts = descriptor.expand(index);
  if (scripts === undefined) return false;
  for (const [i, script] of scripts.entries()) {
    wanted.add(script, () => {
      const text = descriptor.infer(index)?.[i];
      return text === undefined ? inferDescriptor(script, chain) : withChecksum(text);
    });
  }
  return true;
}
