import {
  versionBitsDeployments,
  type VersionBitsDeployment,
} from './bip9-deployment.ts';
import type { BuriedDeployment } from './buried-deployments.ts';
import type { VersionBitsParameters } from './params.ts';

/** An argument that cannot be taken. */
export interface InvalidArgument {
  readonly status: 'invalid';
  /** Core's sentence (chainparams.cpp). */
  readonly error: string;
}

/** A deployment and where it starts. */
export interface ActivationHeight {
  readonly status: 'ok';
  readonly deployment: BuriedDeployment;
  readonly height: number;
}

/** A deployment and when its bit counts. */
export interface VersionBitsArgument {
  readonly status: 'ok';
  readonly deployment: VersionBitsDeployment;
  readonly parameters: VersionBitsParameters;
}

/** Here deployments have other names than in RPC (Core `GetBuriedDeployment`, deploymentinfo.cpp). */
const ARGUMENT_NAMES: ReadonlyMap<string, BuriedDeployment> = /* @__PURE__ */ new Map([
  ['segwit', 'segwit'],
  ['bip34', 'bip34'],
  ['dersig', 'bip66'],
  ['cltv', 'bip65'],
  ['csv', 'csv'],
]);

const INT32_MAX = 0x7fff_ffffn;

/** Reads `name@height` of Core's `-testactivationheight` (chainparams.cpp, `ReadRegTestArgs`). */
export function parseTestActivationHeight(argument: string): ActivationHeight | InvalidArgument {
  const at = argument.indexOf('@');
  if (at < 0) return invalidHeight('format', argument);
  const height = parseInt64(argument.slice(at + 1));
  if (height === undefined || height < 0n || height >= INT32_MAX) {
    return invalidHeight('height value', argument);
  }
  const deployment = ARGUMENT_NAMES.get(argument.slice(0, at));
  if (deployment === undefined) return invalidHeight('name', argument);
  return { status: 'ok', deployment, height: Number(height) };
}

/**
 * Reads `deployment:start:end[:min_activation_height]` of Core's `-vbparams` (chainparams.cpp,
 * `ReadRegTestArgs`). Of the height, the lowest 32 bits count.
 */
export function parseVersionBitsParameters(
  argument: string,
): VersionBitsArgument | InvalidArgument {
  const [name, start, end, height, ...others] = argument.split(':');
  if (start === undefined || end === undefined || others.length > 0) {
    const form = 'deployment:start:end[:min_activation_height]';
    return invalid(`Version bits parameters malformed, expecting ${form}`);
  }
  const startTime = parseInt64(start);
  if (startTime === undefined) return invalid(`Invalid nStartTime (${start})`);
  const timeout = parseInt64(end);
  if (timeout === undefined) return invalid(`Invalid nTimeout (${end})`);
  const minimum = height === undefined ? 0n : parseInt64(height);
  if (minimum === undefined) return invalid(`Invalid min_activation_height (${height})`);
  const deployment = versionBitsDeployments.find((known) => known === name);
  if (deployment === undefined) return invalid(`Invalid deployment (${name})`);
  const minActivationHeight = Number(BigInt.asIntN(32, minimum));
  return { status: 'ok', deployment, parameters: { startTime, timeout, minActivationHeight } };
}

/** All digits of a number of 64 bits, nothing else (Core `ToIntegral<int64_t>`). */
function parseInt64(text: string): bigint | undefined {
  if (!/^-?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

function invalidHeight(what: string, argument: string): InvalidArgument {
  return invalid(`Invalid ${what} (${argument}) for -testactivationheight=name@height.`);
}

function invalid(error: string): InvalidArgument {
  return { status: 'invalid', error };
}
