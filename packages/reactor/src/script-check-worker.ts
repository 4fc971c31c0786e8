import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { AddonGate } from './addon-gate.ts';
import { nativeVerifier } from './native-verifier.ts';
import { ScriptBatchChecker } from './script-batch-checker.ts';
import { ScriptCheckBell } from './script-check-bell.ts';
import {
  ScriptCheckHelper, type ScriptHelperData, type ScriptHelperMessage,
} from './script-check-helper.ts';

// What a `ScriptCheckPool` runs in its threads.

const { bell, gate, helper } = workerData as ScriptHelperData;
const { verifier } = nativeVerifier(gate === undefined ? undefined : new AddonGate(gate));
const receive = (): ScriptHelperMessage | undefined =>
  receiveMessageOnPort(parentPort!)?.message as ScriptHelperMessage | undefined;
const checker = new ScriptBatchChecker(verifier);
new ScriptCheckHelper(helper, new ScriptCheckBell(bell), checker, receive).run();
