import { DescriptorError } from './descriptor-error.ts';

/** The bit of a step that derives from the secret key (BIP 32). */
export const HARDENED = 0x8000_0000;

/** What the last step of a path is, where it differs from key to key: `/*`, `/*h`, or it does not. */
export type RangeStep = 'none' | 'unhardened' | 'hardened';

/** Steps, unsigned 32 bits each. */
export type KeyPath = readonly number[];

/** How steps that are hardened are marked: as the last one was that the key expression has. */
export interface HardenedMark {
  mark: "'" | 'h';
}

/** The range step at the end of a path; it is taken off (Core `ParseDeriveType`). */
export function takeRangeStep(steps: string[], hardened: HardenedMark): RangeStep {
  const last = steps.at(-1);
  if (last !== '*' && last !== "*'" && last !== '*h') return 'none';
  steps.pop();
  if (last === '*') return 'unhardened';
  hardened.mark = last === "*'" ? "'" : 'h';
  return 'hardened';
}

/**
 * The paths of some steps: one, or one for each number of a step such as `<0;1>` (BIP 389; Core
 * `ParseKeyPath`, script/descriptor.cpp).
 *
 * @throws DescriptorError
 */
export function parseKeyPaths(
  steps: readonly string[],
  hardened: HardenedMark,
  allowMultipath: boolean,
): KeyPath[] {
  const path: number[] = [];
  let alternatives: { readonly place: number; readonly values: readonly number[] } | undefined;
  for (const step of steps) {
    if (step.startsWith('<') && step.endsWith('>')) {
      if (!allowMultipath) {
        throw new DescriptorError(
          `Key path value '${step}' specifies multipath in a section where multipath is not allowed`,
        );
      }
      if (alternatives !== undefined) {
        throw new DescriptorError('Multiple multipath key path specifiers found');
      }
      alternatives = { place: path.length, values: parseAlternatives(step, hardened) };
      path.push(0);
    } else path.push(parseStep(step, hardened));
  }
  return alternatives === undefined
    ? [path]
    : alternatives.values.map((value) => path.with(alternatives.place, value));
}

function parseAlternatives(step: string, hardened: HardenedMark): number[] {
  const numbers = step.slice(1, -1).split(';');
  if (numbers.length < 2) {
    throw new DescriptorError('Multipath key path specifiers must have at least two items');
  }
  const values: number[] = [];
  for (const number of numbers) {
    const value = parseStep(number, hardened);
    if (values.includes(value)) {
      throw new DescriptorError(`Duplicated key path value ${value} in multipath specifier`);
    }
    values.push(value);
  }
  return values;
}

function parseStep(step: string, hardened: HardenedMark): number {
  const last = step.at(-1);
  const isHardened = last === "'" || last === 'h';
  if (isHardened) hardened.mark = last;
  const digits = isHardened ? step.slice(0, -1) : step;
  const number = parseU32(digits);
  if (number === undefined) {
    throw new DescriptorError(`Key path value '${digits}' is not a valid uint32`);
  }
  if (number >= HARDENED) throw new DescriptorError(`Key path value ${number} is out of range`);
  return isHardened ? number + HARDENED : number;
}

/** Decimal digits as an unsigned number of 32 bits (Core `ToIntegral<uint32_t>`). */
export function parseU32(digits: string): number | undefined {
  const number = /^\d+$/.test(digits) ? Number(digits) : Infinity;
  return number <= 0xffff_ffff ? number : undefined;
}

/** A path as text, each step after a slash (Core `FormatHDKeypath`, util/bip32.cpp). */
export function formatKeyPath(path: KeyPath, { mark }: Readonly<HardenedMark>): string {
  return path.map((step) => (step < HARDENED ? `/${step}` : `/${step - HARDENED}${mark}`)).join('');
}
