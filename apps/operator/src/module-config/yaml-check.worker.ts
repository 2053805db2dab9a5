/** A thread that checks texts one after the other: each message is a text, and is answered with what is wrong with it. */
import { parentPort } from 'node:worker_threads';
import { yamlProblem } from './yaml-problem.ts';

parentPort?.on('message', (text: string) => {
  parentPort?.postMessage(yamlProblem(text), []);
});
