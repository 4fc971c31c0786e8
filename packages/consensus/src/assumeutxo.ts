import { hashFromHex, type Chain } from '@btcp2p/wire';

/** A snapshot of the coins after a block that is known to be right (Core `AssumeutxoData`). */
export interface AssumeutxoData {
  readonly height: number;
  /** Of the block, 32 bytes in wire order. */
  readonly blockHash: Uint8Array;
  /** Hash of all coins after it, `hash_serialized_3` of `gettxoutsetinfo`: 32 bytes in wire order. */
  readonly hashSerialized: Uint8Array;
  /** Transactions of the chain up to and including the block (Core `m_chain_tx_count`). */
  readonly chainTxCount: number;
}

function snapshot(
  height: number,
  chainTxCount: number,
  blockHash: string,
  hashSerialized: string,
): AssumeutxoData {
  return {
    height,
    blockHash: hashFromHex(blockHash),
    hashSerialized: hashFromHex(hashSerialized),
    chainTxCount,
  };
}

/** Each chain's snapshots, lowest first (Core `m_assumeutxo_data`, kernel/chainparams.cpp). */
export const assumeutxoData: Readonly<Record<Chain, readonly AssumeutxoData[]>> = {
  main: [
    /* @__PURE__ */ snapshot(
      840_000,
      991_032_194,
      '0000000000000000000320283a032748cef8227873ff4872689bf23f1cda83a5',
      'a2a5521b1b5ab65f67818e5e8eccabb7171a517f9e2382208f77687310768f96',
    ),
    /* @__PURE__ */ snapshot(
      880_000,
      1_145_604_538,
      '000000000000000000010b17283c3c400507969a9c2afd1dcf2082ec5cca2880',
      'dbd190983eaf433ef7c15f78a278ae42c00ef52e0fd2a54953782175fbadcea9',
    ),
    /* @__PURE__ */ snapshot(
      910_000,
      1_226_586_151,
      '0000000000000000000108970acb9522ffd516eae17acddcb1bd16469194a821',
      '4daf8a17b4902498c5787966a2b51c613acdab5df5db73f196fa59a4da2f1568',
    ),
  ],
  test: [
    /* @__PURE__ */ snapshot(
      2_500_000,
      66_484_552,
      '0000000000000093bcb68c03a9a168ae252572d348a2eaeba2cdf9231d73206f',
      'f841584909f68e47897952345234e37fcd9128cd818f41ee6c3ca68db8071be7',
    ),
  ],
  testnet4: [
    /* @__PURE__ */ snapshot(
      90_000,
      11_347_043,
      '0000000002ebe8bcda020e0dd6ccfbdfac531d2f6a81457191b99fc2df2dbe3b',
      '784fb5e98241de66fdd429f4392155c9e7db5c017148e66e8fdbc95746f8b9b5',
    ),
  ],
  signet: [
    /* @__PURE__ */ snapshot(
      160_000,
      2_289_496,
      '0000003ca3c99aff040f2563c2ad8f8ec88bd0fd6b8f0895cfaf1ef90353a62c',
      'fe0a44309b74d6b5883d246cb419c6221bcccf0b308c9b59b7d70783dbdf928a',
    ),
  ],
  // Chains that Core's own tests make.
  regtest: [
    /* @__PURE__ */ snapshot(
      110,
      111,
      '6affe030b7965ab538f820a56ef56c8149b7dc1d1c144af57113be080db7c397',
      'b952555c8ab81fec46f3d4253b7af256d766ceb39fb7752b9d18cdf4a0141327',
    ),
    /* @__PURE__ */ snapshot(
      200,
      201,
      '385901ccbd69dff6bbd00065d01fb8a9e464dede7cfe0372443884f9b1dcf6b9',
      '17dcc016d188d16068907cdeb38b75691a118d43053b8cd6a25969419381d13a',
    ),
    /* @__PURE__ */ snapshot(
      299,
      334,
      '7cc695046fec709f8c9394b6f928f81e81fd3ac20977bb68760fa1faa7916ea2',
      'd2b051ff5e8eef46520350776f4100dd710a63447a8e01d917e92e79751a63e2',
    ),
  ],
};
