// Runs programs for another process, one after the other, and tells of each how it ended.
import { execFile } from 'node:child_process';
import type { Program } from '../run-program.ts';

process.on('disconnect', () => process.exit(0));
process.on('message', ({ path, args, directory, timeout }: Program) => {
  execFile(path, args, { cwd: directory, timeout }, (error) => {
    process.send!(error === null ? null : error.message);
  });
});
