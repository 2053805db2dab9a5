export * from './api.ts';
export * from './backup-key.ts';
export { defined } from './defined.ts';
export * from './env.ts';
export { errorCode, isErrno, messageOf, systemErrorName } from './error-facts.ts';
export * from './labels.ts';
export * from './names.ts';
export * from './subjects.ts';
export { type YamlFault, yamlPlace, yamlProblemText } from './yaml-problem.ts';
