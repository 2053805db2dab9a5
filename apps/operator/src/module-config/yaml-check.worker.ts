/** A thread that checks texts one after the other: each message is a text, and the response is its problem. */
import { parentPort } from 'node:worker_threads';
import { yamlProblem } from './yaml-problem.ts';

parentPort?.on('message', (text: string) => {
  parentPort?.postMessage(yamlProblem(text), []);
});
