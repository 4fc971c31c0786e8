import type { Chain } from '@btcp2p/wire';

/** What addresses and keys of a network begin with (Core kernel/chainparams.cpp). */
export interface AddressParameters {
  /** Version byte of P2PKH addresses. */
  readonly pubkeyAddress: number;
  /** Version byte of P2SH addresses. */
  readonly scriptAddress: number;
  /** Version byte of secret keys in the wallet import format. */
  readonly secretKey: number;
  /** Versions of extended keys (BIP 32), unsigned 32 bits, in the words of `@scure/bip32`. */
  readonly extendedKeys: { readonly public: number; readonly private: number };
  /** What segwit addresses start with (BIP 173). */
  readonly bech32Hrp: string;
}

const MAIN: AddressParameters = {
  pubkeyAddress: 0,
  scriptAddress: 5,
  secretKey: 128,
  extendedKeys: { public: 0x0488b21e, private: 0x0488ade4 },
  bech32Hrp: 'bc',
};

const TEST: AddressParameters = {
  pubkeyAddress: 111,
  scriptAddress: 196,
  secretKey: 239,
  extendedKeys: { public: 0x043587cf, private: 0x04358394 },
  bech32Hrp: 'tb',
};

const byChain: Readonly<Record<Chain, AddressParameters>> = {
  main: MAIN,
  test: TEST,
  testnet4: TEST,
  signet: TEST,
  regtest: { ...TEST, bech32Hrp: 'bcrt' },
};

/** What addresses and keys of a network begin with. */
export function addressParameters(chain: Chain): AddressParameters {
  return byChain[chain];
}
