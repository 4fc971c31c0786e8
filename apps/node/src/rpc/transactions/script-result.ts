import type { RpcResult } from '../rpc-result.ts';

/** What `scriptToJson` gives. */
export const SCRIPT_RESULT: readonly RpcResult[] = [
  { type: 'string', name: 'asm', description: 'Its opcodes and data' },
  { type: 'string', name: 'desc', description: 'A descriptor of it' },
  { type: 'hex', name: 'hex', description: 'Its bytes' },
  { type: 'string', name: 'address', optional: true, description: 'Its address, if it has one' },
  { type: 'string', name: 'type', description: 'Its kind, pubkeyhash for example' },
];
