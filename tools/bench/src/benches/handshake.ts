import {
  ellSwift,
  nobleEllSwift,
  performKeyWork,
  sharedSecret,
  type EllSwift,
} from '@btcp2p/bip324';
import { nativeEllSwift, secp256k1Source, secureRng, wasmSecp256k1 } from '@btcp2p/reactor';
import type { Bench, Case, Contender, Plan } from '../bench.ts';
import { digest } from '../digest.ts';
import type { HandshakeLibrary, KeyPair } from '../handshake-library.ts';
import { benchBitcoin, coreBench } from '../rivals/core-bench.ts';
import { openSslEllSwift, tinyEllSwift } from '../rivals/other-secp256k1.ts';
import { scureHandshake } from '../rivals/scure-handshake.ts';
import { atLeast } from '../target.ts';
import { timed } from '../timed.ts';
import { microsecondsEach } from '../unit.ts';
import { OURS } from './our-library.ts';

/** Handshakes of an iteration: how long one takes depends on its keys. */
const COUNT = 16;

/** Core's benches. */
const CORE_CREATE = 'EllSwiftCreate';
const CORE_SHARE = 'BIP324_ECDH';

/** What is slow in the handshake of the encrypted transport. */
export const handshake: Bench = {
  name: 'handshake',
  about:
    'What one side of a handshake of BIP 324 computes on the curve: an ephemeral key with its ' +
    'encoding (ElligatorSwift), and Diffie-Hellman with the key of the peer. Ours is that of ' +
    '@btcp2p/reactor without any optional package, in WebAssembly; `with secp256k1` has products ' +
    'with keys computed by libsecp256k1, as `nativeEllSwift` does on the main thread where that ' +
    'package is installed. `with tiny-secp256k1` and `with OpenSSL` are there to show why those two ' +
    'are not used. `noble only` is @btcp2p/bip324 by itself.',
  prepare,
};

const native = libraryOf(OURS, ellSwift(wasmSecp256k1()));
const noble = libraryOf('btcp2p, noble only', nobleEllSwift);
const others = [
  ...(secp256k1Source() === 'secp256k1' ? [libraryOf('btcp2p, with secp256k1', nativeEllSwift)] : []),
  libraryOf('btcp2p, with tiny-secp256k1', tinyEllSwift),
  libraryOf('btcp2p, with OpenSSL', openSslEllSwift),
];

/** What all contenders of a case do. */
interface Work<T> {
  readonly name: string;
  readonly run: (library: HandshakeLibrary) => T[];
  readonly answer: (results: T[]) => string;
  /** Core's benches that together are the same. */
  readonly coreNames: readonly string[];
  readonly method: string;
  readonly targets?: Case['targets'];
}

function prepare(): Plan {
  const core = benchBitcoin();
  const absent = core === undefined ? ['Bitcoin Core (set BENCH_BITCOIN)'] : [];
  const peers = Array.from({ length: COUNT }, native.createKey);
  const cases = [caseOf(both(peers), core), caseOf(create(peers), core), caseOf(share(peers), core)];
  return { cases, absent };
}

function both(peers: readonly KeyPair[]): Work<{ ours: KeyPair; secret: Uint8Array }> {
  return {
    name: 'make a key, and share a secret',
    run: (library) =>
      peers.map(({ publicKey }) => {
        const ours = library.createKey();
        return { ours, secret: library.share(ours, publicKey) };
      }),
    answer(results) {
      const theirs = results.map(({ ours }, i) => secretOfPeer(ours, peers[i]!));
      return agreed(results.map(({ secret }) => secret), theirs);
    },
    coreNames: [CORE_CREATE, CORE_SHARE],
    method:
      'both of the following, one after the other. That the peer computes the same secret is ' +
      'checked before. Of Core it is the sum of its two benches.',
    targets: [atLeast(6, scureHandshake.name)],
  };
}

function create(peers: readonly KeyPair[]): Work<KeyPair> {
  return {
    name: 'make a key',
    run: (library) => peers.map(library.createKey),
    answer(keys) {
      const ours = keys.map((key, i) => noble.share(key, peers[i]!.publicKey));
      const theirs = keys.map((key, i) => secretOfPeer(key, peers[i]!));
      return agreed(ours, theirs);
    },
    coreNames: [CORE_CREATE],
    method:
      'random numbers, the product of the generator and the secret key, and the search for an ' +
      'encoding, which takes four attempts on average. Core\'s bench takes its randomness from the ' +
      'last result.',
  };
}

function share(peers: readonly KeyPair[]): Work<Uint8Array> {
  const keys = peers.map(native.createKey);
  return {
    name: 'share a secret',
    run: (library) => peers.map(({ publicKey }, i) => library.share(keys[i]!, publicKey)),
    answer: digest,
    coreNames: [CORE_SHARE],
    method:
      'decodes the public key of the peer, multiplies it by the secret key, and hashes the result ' +
      'with both public keys.',
  };
}

function caseOf<T>({ name, run, answer, coreNames, method, targets }: Work<T>, core?: string): Case {
  const contender = (library: HandshakeLibrary): Contender =>
    timed({ ...namesOf(library), run: () => run(library), answer });
  return {
    name,
    unit: microsecondsEach('handshake', COUNT),
    ours: contender(native),
    rivals: [
      contender(scureHandshake),
      contender(noble),
      ...others.map(contender),
      ...(core === undefined ? [] : [coreRival(core, coreNames)]),
    ],
    method,
    ...(targets && { targets }),
  };
}

/** Core's benches one after the other, for as many handshakes as an iteration has. */
function coreRival(core: string, coreNames: readonly string[]): Contender {
  const name = `Core ${coreNames.join(' + ')}`;
  const parts = coreNames.map((coreName) => coreBench(core, name, coreName));
  return {
    ...parts[0]!,
    async sample() {
      let seconds = 0;
      for (const part of parts) seconds += await part.sample();
      return seconds * COUNT;
    },
  };
}

function libraryOf(name: string, ellSwift: EllSwift): HandshakeLibrary {
  return {
    name,
    createKey() {
      const made = performKeyWork({ type: 'create-key' }, ellSwift, secureRng);
      if (made.type !== 'create-key') throw new Error(made.type);
      return made;
    },
    share: ({ secretKey, publicKey }, theirs) =>
      sharedSecret(publicKey, theirs, ellSwift.xdh(secretKey, theirs)),
  };
}

/** What the peer computes: it is the responder. */
function secretOfPeer(ours: KeyPair, peer: KeyPair): Uint8Array {
  const sharedX = nobleEllSwift.xdh(peer.secretKey, ours.publicKey);
  return sharedSecret(ours.publicKey, peer.publicKey, sharedX);
}

/** Keys are random, and so are secrets: all that is the same for everyone is that both sides agree. */
function agreed(ours: readonly Uint8Array[], theirs: readonly Uint8Array[]): string {
  if (digest(ours) !== digest(theirs)) throw new Error('the secrets differ');
  return 'the secrets agree';
}

function namesOf({ name, version }: HandshakeLibrary): { name: string; version?: string } {
  return version === undefined ? { name } : { name, version };
}
