/** A thread that checks texts one after the other: each message is a text, and the response is its problem. */
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { yamlProblem } from './yaml-problem.ts';

// On Linux, this is the priority of the thread; elsewhere it would be that of the process. A check takes seconds of processor time, which the
// event loop must not have to wait for.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

parentPort?.on('message', (text: string) => {
  parentPort?.postMessage(yamlProblem(text), []);
});
