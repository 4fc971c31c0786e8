import { equalHashes, hashToHex } from '@btcp2p/wire';
import { OP_1 } from '@btcp2p/script';
import { CLIENT_NAME } from '../client.ts';
import { asArray, asHash, asString } from '../rpc/convert.ts';
import type { JsonObject, JsonOutput, JsonValue } from '../rpc/json-value.ts';
import {
  RPC_CLIENT_IN_INITIAL_DOWNLOAD, RPC_CLIENT_NOT_CONNECTED, RPC_DESERIALIZATION_ERROR,
  RPC_INVALID_PARAMETER, RPC_TYPE_ERROR, RpcError,
} from '../rpc/rpc-error.ts';
import { blockTemplateJson } from './block-template-json.ts';
import { withTime, type BlockTemplate } from './block-template.ts';
import { decodeBlockHex } from './decode-hex.ts';
import type { Miner } from './miner.ts';

/** A template stays as long as the tip, but once so many seconds old not beyond new transactions. */
const TEMPLATE_LIFETIME = 5;

/** When a waiting client is first answered if there are new transactions, and then how often. */
const FIRST_TRANSACTIONS_CHECK = 60_000;
const NEXT_TRANSACTIONS_CHECK = 10_000;

/** Who may spend the reward of a template: anybody, since the client puts in what it wants. */
const ANYONE_CAN_SPEND = Uint8Array.of(OP_1);

/** `getblocktemplate`: templates, proposals, and waiting for anything newer (BIP 22, BIP 23). */
export class BlockTemplates {
  readonly #miner: Miner;
  #current: { readonly template: BlockTemplate; readonly since: number } | undefined;
  /** The mempool's `updates` when the template was made. */
  #updates = 0;

  constructor(miner: Miner) {
    this.#miner = miner;
  }

  /**
   * Answers a request: a template, or of a proposal null or why the block would be invalid.
   *
   * @param signal ends the wait for anything newer
   * @throws RpcError
   */
  async request(request: JsonObject | null, signal: AbortSignal): Promise<JsonOutput> {
    const mode = request?.get('mode') ?? null;
    if (mode !== null && typeof mode !== 'string') throw invalidParameter('Invalid mode');
    if (mode === 'proposal') return this.#propose(request!.get('data'));
    const clientRules = clientRulesOf(request);
    if (mode !== null && mode !== 'template') throw invalidParameter('Invalid mode');
    this.#checkReady();
    const longPollId = request?.get('longpollid') ?? null;
    if (longPollId !== null) await this.#waitForNewer(longPollId, signal);
    this.#checkRules(clientRules);
    return this.#answer(clientRules, await this.#template());
  }

  async #propose(data: JsonValue): Promise<JsonOutput> {
    const { context } = this.#miner;
    if (typeof data !== 'string') {
      throw new RpcError(RPC_TYPE_ERROR, 'Missing data String key for proposal');
    }
    const block = decodeBlockHex(data);
    if (block === undefined) throw new RpcError(RPC_DESERIALIZATION_ERROR, 'Block decode failed');
    const known = await context.knownBlock(block.hash());
    if (known !== undefined) return known === 'valid' ? 'duplicate' : `duplicate-${known}`;
    const fault = await context.testBlock(block.bytes);
    if (fault === undefined) return null;
    return fault.reason === '' ? 'rejected' : fault.reason;
  }

  /** A main network's block would be of no use to a node that has not seen the others' blocks. */
  #checkReady(): void {
    const { context } = this.#miner;
    if (context.network.chain !== 'main') return;
    if (context.connectionCount() === 0) {
      throw new RpcError(RPC_CLIENT_NOT_CONNECTED, `${CLIENT_NAME} is not connected!`);
    }
    if (context.isInitialBlockDownload()) {
      throw new RpcError(
        RPC_CLIENT_IN_INITIAL_DOWNLOAD,
        `${CLIENT_NAME} is in initial sync and waiting for blocks...`,
      );
    }
  }

  #checkRules(clientRules: ReadonlySet<string>): void {
    if (this.#miner.context.params.signetChallenge !== undefined && !clientRules.has('signet')) {
      throw invalidParameter(
        'getblocktemplate must be called with the signet rule set ' +
          '(call with {"rules": ["segwit", "signet"]})',
      );
    }
    if (clientRules.has('segwit')) return;
    throw invalidParameter(
      'getblocktemplate must be called with the segwit rule set (call with {"rules": ["segwit"]})',
    );
  }

  async #waitForNewer(longPollId: JsonValue, signal: AbortSignal): Promise<void> {
    const { context } = this.#miner;
    const watched = this.#watched(longPollId);
    for (let wait = FIRST_TRANSACTIONS_CHECK; ; wait = NEXT_TRANSACTIONS_CHECK) {
      if (!(await context.waitForTip(watched.tip, wait, signal))) {
        throw new RpcError(RPC_CLIENT_NOT_CONNECTED, 'Shutting down');
      }
      if (!equalHashes(this.#tipHash(), watched.tip)) return;
      if ((context.mempool?.updates ?? 0) !== watched.updates) return;
    }
  }

  /** The tip in hex, then the mempool's number; Core takes anything but text for the present. */
  #watched(longPollId: JsonValue): { readonly tip: Uint8Array; readonly updates: number } {
    if (typeof longPollId !== 'string') return { tip: this.#tipHash(), updates: this.#updates };
    const tip = asHash(longPollId.slice(0, 64), 'longpollid');
    return { tip, updates: Number(/^-?\d+/.exec(longPollId.slice(64))?.[0] ?? 0) };
  }

  #tipHash(): Uint8Array {
    const { context } = this.#miner;
    return context.headers.hash(context.tip());
  }

  #answer(clientRules: ReadonlySet<string>, made: BlockTemplate): JsonOutput {
    const { context } = this.#miner;
    const template = withTime(made, context.params, context.now());
    return blockTemplateJson({
      template,
      params: context.params,
      deployments: context.versionBits.templateDeployments(context.headers.find(template.tip.hash)!),
      clientRules,
      longPollId: `${hashToHex(template.tip.hash)}${this.#updates}`,
    });
  }

  async #template(): Promise<BlockTemplate> {
    const { context } = this.#miner;
    const now = context.now();
    const updates = context.mempool?.updates ?? 0;
    const current = this.#current;
    if (current !== undefined && equalHashes(current.template.tip.hash, this.#tipHash())) {
      const isFresh = updates === this.#updates || now - current.since <= TEMPLATE_LIFETIME;
      if (isFresh) return current.template;
    }
    this.#current = undefined;
    const selected = await this.#miner.select();
    const template = this.#miner.templateOf(ANYONE_CAN_SPEND, selected);
    this.#updates = selected.updates;
    this.#current = { template, since: now };
    return template;
  }
}

function clientRulesOf(request: JsonObject | null): ReadonlySet<string> {
  const rules = request?.get('rules') ?? null;
  return new Set(Array.isArray(rules) ? asArray(rules).map(asString) : []);
}

function invalidParameter(message: string): RpcError {
  return new RpcError(RPC_INVALID_PARAMETER, message);
}
