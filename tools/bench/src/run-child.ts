import { fork } from 'node:child_process';

/**
 * Runs a script in a fresh process. It is given the task as JSON, its only argument; it says
 * `ready`, is told to go, and then sends its result.
 *
 * @param script path of a module
 */
export async function runChild<Task, Result>(script: string, task: Task): Promise<Result> {
  const child = fork(script, [JSON.stringify(task)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    return await new Promise<Result>((resolve, reject) => {
      child.once('error', reject);
      void exited.then(() => reject(new Error(`${script} ended before it was through`)));
      child.on('message', (message) => {
        if (message === 'ready') child.send('go');
        else resolve(message as Result);
      });
    });
  } finally {
    if (child.connected) child.disconnect();
    await exited;
  }
}
