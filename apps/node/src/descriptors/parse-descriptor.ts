import { MAX_PUBKEYS_PER_MULTISIG, MAX_SCRIPT_ELEMENT_SIZE } from '@btcp2p/script';
import { fromHex, toHex, type Chain } from '@btcp2p/wire';
import { decodeAddress, encodeAddress } from './address.ts';
import { splitChecksum } from './descriptor-checksum.ts';
import { DescriptorError, within } from './descriptor-error.ts';
import {
  comboDescriptor, fixedDescriptor, multiADescriptor, multiDescriptor, pkDescriptor, pkhDescriptor,
  rawtrDescriptor, trDescriptor, wpkhDescriptor, wrappedDescriptor, type Descriptor, type ScriptTree,
} from './descriptor.ts';
import { isHex, parseKeyExpression, type KeyContext, type KeyExpression } from './key-expression.ts';
import { parseU32 } from './key-path.ts';
import { argumentsOf, TextSpan } from './text-span.ts';

/** Most keys of `multi_a()` (BIP 387; Core `MAX_PUBKEYS_PER_MULTI_A`, script/script.h). */
const MAX_PUBKEYS_PER_MULTI_A = 999;

/** Most levels of a tree of scripts (BIP 341; Core `TAPROOT_CONTROL_MAX_NODE_COUNT`). */
const TAPROOT_CONTROL_MAX_NODE_COUNT = 128;

/** What a text stands for, or why it is no descriptor, in Core's words. */
export type ParsedDescriptor =
  | {
      readonly status: 'ok';
      /** One, or as many as its steps such as `<0;1>` have numbers (BIP 389). */
      readonly descriptors: readonly [Descriptor, ...Descriptor[]];
      /** The checksum of the text as it was given. */
      readonly checksum: string;
    }
  | { readonly status: 'invalid'; readonly error: string };

/** How to parse. */
export interface ParseDescriptorOptions {
  /** Whether the checksum must be there. */
  readonly requireChecksum?: boolean;
}

/**
 * Parses an output descriptor: `addr`, `raw`, `pk`, `pkh`, `wpkh`, `combo`, `multi`, `sortedmulti`,
 * `sh`, `wsh`, `tr` with a tree of `pk`, `multi_a` and `sortedmulti_a`, `rawtr` (BIP 380 to 387, 389;
 * Core `Parse`, script/descriptor.cpp). Miniscript and `musig()` are refused.
 */
export function parseDescriptor(
  descriptor: string,
  chain: Chain,
  { requireChecksum = false }: ParseDescriptorOptions = {},
): ParsedDescriptor {
  const split = splitChecksum(descriptor, requireChecksum);
  if (split.status === 'invalid') return split;
  try {
    const span = new TextSpan(split.text);
    const descriptors = parseScript(span, 'top', chain);
    // Core has no word for what comes after a whole expression.
    if (span.rest !== '') return { status: 'invalid', error: '' };
    return { status: 'ok', descriptors: descriptors as [Descriptor], checksum: split.checksum };
  } catch (error) {
    if (!(error instanceof DescriptorError)) throw error;
    return { status: 'invalid', error: error.message };
  }
}

type Context = Exclude<KeyContext, 'wpkh'>;

/** A kind of script, parsed if the expression is one: all variants that its keys have. */
type ScriptParser = (expression: string, context: Context, chain: Chain) => Descriptor[] | undefined;

/** One script (Core `ParseScript`). */
function parseScript(span: TextSpan, context: Context, chain: Chain): Descriptor[] {
  const expression = span.takeExpression();
  for (const parse of PARSERS) {
    const descriptors = parse(expression, context, chain);
    if (descriptors !== undefined) return descriptors;
  }
  refuseMiniscript(expression, context);
  if (context === 'sh') throw new DescriptorError('A function is needed within P2SH');
  if (context === 'wsh') throw new DescriptorError('A function is needed within P2WSH');
  throw new DescriptorError(`'${expression}' is not a valid descriptor function`);
}

/**
 * A kind with one key.
 *
 * @param misplaced what to say where it may not stand; without it, it is left to others there
 */
function keyParser(
  name: string,
  contexts: readonly Context[],
  make: (key: KeyExpression, context: Context) => Descriptor,
  misplaced?: string,
): ScriptParser {
  return (expression, context, chain) => {
    const argument = argumentsOf(name, expression);
    if (argument === undefined) return undefined;
    if (!contexts.includes(context)) {
      if (misplaced === undefined) return undefined;
      throw new DescriptorError(misplaced);
    }
    const keyContext = name === 'wpkh' ? 'wpkh' : context;
    const keys = within(`${name}()`, () => parseKeyExpression(argument, keyContext, chain));
    return keys.map((key) => make(key, context));
  };
}

function wrapperParser(name: 'sh' | 'wsh', contexts: readonly Context[], misplaced: string): ScriptParser {
  return (expression, context, chain) => {
    const argument = argumentsOf(name, expression);
    if (argument === undefined) return undefined;
    if (!contexts.includes(context)) throw new DescriptorError(misplaced);
    const span = new TextSpan(argument);
    const inner = parseScript(span, name, chain);
    if (span.rest !== '') throw new DescriptorError('');
    return inner.map((descriptor) => wrappedDescriptor(name, descriptor));
  };
}

function fixedParser(
  name: 'addr' | 'raw',
  parse: (argument: string, chain: Chain) => Descriptor,
): ScriptParser {
  return (expression, context, chain) => {
    const argument = argumentsOf(name, expression);
    if (argument === undefined) return undefined;
    if (context !== 'top') throw new DescriptorError(`Can only have ${name}() at top level`);
    return [parse(argument, chain)];
  };
}

const PARSERS: readonly ScriptParser[] = [
  keyParser('pk', ['top', 'sh', 'wsh', 'tr'], (key, context) => pkDescriptor(key, context === 'tr')),
  keyParser('pkh', ['top', 'sh', 'wsh'], pkhDescriptor),
  keyParser('combo', ['top'], comboDescriptor, 'Can only have combo() at top level'),
  parseMultisig,
  keyParser('wpkh', ['top', 'sh'], wpkhDescriptor, 'Can only have wpkh() at top level or inside sh()'),
  wrapperParser('sh', ['top'], 'Can only have sh() at top level'),
  wrapperParser('wsh', ['top', 'sh'], 'Can only have wsh() at top level or inside sh()'),
  fixedParser('addr', parseAddr),
  parseTaproot,
  parseRawTaproot,
  fixedParser('raw', parseRaw),
];

function parseAddr(argument: string, chain: Chain): Descriptor {
  const decoded = decodeAddress(argument, chain);
  if (decoded.status === 'invalid') throw new DescriptorError('Address is not valid');
  const { scriptPubKey } = decoded;
  return fixedDescriptor('addr', encodeAddress(scriptPubKey, chain)!, scriptPubKey);
}

function parseRaw(argument: string): Descriptor {
  if (!isHex(argument)) throw new DescriptorError('Raw script is not hex');
  const script = fromHex(argument);
  return fixedDescriptor('raw', toHex(script), script);
}

const MULTISIGS = [
  { name: 'multi', isTapscript: false, make: multiDescriptor, isSorted: false },
  { name: 'sortedmulti', isTapscript: false, make: multiDescriptor, isSorted: true },
  { name: 'multi_a', isTapscript: true, make: multiADescriptor, isSorted: false },
  { name: 'sortedmulti_a', isTapscript: true, make: multiADescriptor, isSorted: true },
];

function parseMultisig(expression: string, context: Context, chain: Chain): Descriptor[] | undefined {
  const kind = MULTISIGS.find(({ name }) => argumentsOf(name, expression) !== undefined);
  if (kind === undefined) return undefined;
  const { isTapscript, isSorted, make } = kind;
  if (isTapscript !== (context === 'tr')) {
    throw new DescriptorError(
      isTapscript
        ? 'Can only have multi_a/sortedmulti_a inside tr()'
        : 'Can only have multi/sortedmulti at top level, in sh(), or in wsh()',
    );
  }
  const span = new TextSpan(argumentsOf(kind.name, expression)!);
  const thresholdText = span.takeExpression();
  const threshold = parseU32(thresholdText);
  if (threshold === undefined) {
    throw new DescriptorError(`Multi threshold '${thresholdText}' is not valid`);
  }
  const keys: KeyExpression[][] = [];
  while (span.rest !== '') {
    if (!span.skip(',')) throw new DescriptorError(`Multi: expected ',', got '${span.rest[0]}'`);
    const key = span.takeExpression();
    keys.push(within('Multi', () => parseKeyExpression(key, context, chain)));
  }
  checkMultisig(keys, threshold, context);
  const variants = Math.max(...keys.map(({ length }) => length));
  const rows = keys.map((row) =>
    variantsOf(row, variants, 'multi(): Multipath derivation paths have mismatched lengths'),
  );
  return Array.from({ length: variants }, (_, i) => make(threshold, rows.map((row) => row[i]!), isSorted));
}

function checkMultisig(
  keys: readonly (readonly KeyExpression[])[],
  threshold: number,
  context: Context,
): void {
  const { length } = keys;
  const [name, most] =
    context === 'tr' ? ['multi_a', MAX_PUBKEYS_PER_MULTI_A] : ['multisig', MAX_PUBKEYS_PER_MULTISIG];
  if (length === 0 || length > most) {
    throw new DescriptorError(
      `Cannot have ${length} keys in ${name}; must have between 1 and ${most} keys, inclusive`,
    );
  }
  if (threshold < 1) {
    throw new DescriptorError(`Multisig threshold cannot be ${threshold}, must be at least 1`);
  }
  if (threshold > length) {
    throw new DescriptorError(
      'Multisig threshold cannot be larger than the number of keys; ' +
        `threshold is ${threshold} but only ${length} keys specified`,
    );
  }
  if (context === 'top' && length > 3) {
    throw new DescriptorError(
      `Cannot have ${length} pubkeys in bare multisig; only at most 3 pubkeys`,
    );
  }
  const size = keys.reduce((sum, [key]) => sum + key!.size + 1, 3);
  if (context === 'sh' && size > MAX_SCRIPT_ELEMENT_SIZE) {
    throw new DescriptorError(
      `P2SH script is too large, ${size} bytes is larger than ${MAX_SCRIPT_ELEMENT_SIZE} bytes`,
    );
  }
}

/** One for each variant: what has none of its own is the same in all. */
function variantsOf<T>(own: readonly T[], count: number, mismatch: string): readonly T[] {
  if (own.length === 1) return Array.from({ length: count }, () => own[0]!);
  if (own.length !== count) throw new DescriptorError(mismatch);
  return own;
}

function parseTaproot(expression: string, context: Context, chain: Chain): Descriptor[] | undefined {
  const argument = argumentsOf('tr', expression);
  if (argument === undefined) return undefined;
  if (context !== 'top') throw new DescriptorError('Can only have tr at top level');
  const span = new TextSpan(argument);
  const keyText = span.takeExpression();
  const keys = within('tr()', () => parseKeyExpression(keyText, 'tr', chain));
  const leaves: Descriptor[][] = [];
  let tree: ScriptTree | undefined;
  if (span.rest !== '') {
    if (!span.skip(',')) throw new DescriptorError(`tr: expected ',', got '${span.rest[0]}'`);
    tree = parseTree(span, leaves, 0, chain);
    if (span.rest !== '') throw new DescriptorError("tr(): expected ')' after script expression");
  }
  const count = Math.max(keys.length, ...leaves.map(({ length }) => length));
  const scripts = leaves.map((own) =>
    variantsOf(own, count, 'tr(): Multipath subscripts have mismatched lengths'),
  );
  const internalKeys = variantsOf(
    keys, count, 'tr(): Multipath internal key mismatches multipath subscripts lengths',
  );
  return internalKeys.map((key, i) => trDescriptor(key, scripts.map((own) => own[i]!), tree));
}

/** A script, or two trees in braces. Scripts are added to `leaves` in their order. */
function parseTree(span: TextSpan, leaves: Descriptor[][], depth: number, chain: Chain): ScriptTree {
  if (!span.skip('{')) {
    leaves.push(parseScript(span, 'tr', chain));
    return leaves.length - 1;
  }
  if (depth === TAPROOT_CONTROL_MAX_NODE_COUNT) {
    throw new DescriptorError(
      `tr() supports at most ${TAPROOT_CONTROL_MAX_NODE_COUNT} nesting levels`,
    );
  }
  const left = parseTree(span, leaves, depth + 1, chain);
  if (!span.skip(',')) throw new DescriptorError("tr(): expected ',' after script expression");
  const right = parseTree(span, leaves, depth + 1, chain);
  if (!span.skip('}')) throw new DescriptorError("tr(): expected '}' after script expression");
  return [left, right];
}

function parseRawTaproot(expression: string, context: Context, chain: Chain): Descriptor[] | undefined {
  const argument = argumentsOf('rawtr', expression);
  if (argument === undefined) return undefined;
  if (context !== 'top') throw new DescriptorError('Can only have rawtr at top level');
  const span = new TextSpan(argument);
  const key = span.takeExpression();
  if (span.rest !== '') throw new DescriptorError('rawtr(): only one key expected.');
  return within('rawtr()', () => parseKeyExpression(key, 'tr', chain)).map(rawtrDescriptor);
}

/** Wrappers and a fragment of miniscript that stands for no descriptor function here (BIP 379). */
const MINISCRIPT =
  /^(?:[asctdvjnlu]+:.*|(?:pkh?|pk_[kh]|older|after|sha256|hash256|ripemd160|hash160|andor|and_[vbn]|or_[bcdi]|thresh)\(.*\))$/s;

function refuseMiniscript(expression: string, context: Context): void {
  if (!MINISCRIPT.test(expression)) return;
  throw new DescriptorError(
    context === 'top' || context === 'sh'
      ? 'Miniscript expressions can only be used in wsh or tr.'
      : `Miniscript is not supported: '${expression}'`,
  );
}
