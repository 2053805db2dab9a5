/**
 * Why a pod could not be created, as its controller reports it, without the generated name of the pod: that differs with each attempt, and
 * each attempt would cause another event.
 *
 * @example
 * creationFailure('Error creating: pods "echo-x7k2p" is forbidden: exceeded quota: few'); // 'Error creating: exceeded quota: few'
 */
export const creationFailure = (message: string): string =>
  message.replace(/^\(combined from similar events\): /, '').replace(/\b(?:pods|Pod) "[^"]*" is (?:forbidden|invalid): /, '');
