import { hashToHex, type InventoryType, type InventoryVector } from '@btcp2p/wire';

/** How Core calls what an inventory names (`CInv::GetMessageType`, protocol.cpp). */
const NAMES: Readonly<Partial<Record<InventoryType, string>>> = {
  tx: 'tx',
  wtx: 'wtx',
  block: 'block',
  filtered_block: 'merkleblock',
  cmpct_block: 'cmpctblock',
  witness_tx: 'witness-tx',
  witness_block: 'witness-block',
  filtered_witness_block: 'witness-merkleblock',
};

/** Core's words for an entry of an inventory: `wtx 00…` (`CInv::ToString`, protocol.cpp). */
export function inventoryText({ type, hash }: InventoryVector): string {
  const number = typeof type === 'number' ? type : 0;
  const name = (typeof type === 'number' ? undefined : NAMES[type]) ??
    `0x${number.toString(16).padStart(8, '0')}`;
  return `${name} ${hashToHex(hash)}`;
}

/** Core's lines for a `getdata` (net_processing.cpp, GETDATA). */
export function getDataText(inventory: readonly InventoryVector[], peer: number): string[] {
  const [first] = inventory;
  const lines = [`received getdata (${inventory.length} invsz) peer=${peer}`];
  if (first !== undefined) lines.push(`received getdata for: ${inventoryText(first)} peer=${peer}`);
  return lines;
}
