import { addressRange, labels, labelValue, qualifiedName } from './formats.ts';
import { needsValues } from './pod-formats.ts';
import { fields, listOf, oneOf, type JsonSchema } from './json-schema.ts';

const labelSelector = fields({
  matchLabels: labels,
  matchExpressions: listOf({
    ...fields({ key: qualifiedName, operator: oneOf('In', 'NotIn', 'Exists', 'DoesNotExist'), values: listOf(labelValue) }, [
      'key',
      'operator',
    ]),
    anyOf: needsValues,
  }),
});
/** Peer of a NetworkPolicy. */
export const networkPeer: JsonSchema = {
  ...fields({
    podSelector: labelSelector,
    namespaceSelector: labelSelector,
    ipBlock: fields({ cidr: addressRange, except: listOf(addressRange) }, ['cidr']),
  }),
  minProperties: 1,
  anyOf: [{ not: { required: ['ipBlock'] } }, { maxProperties: 1 }],
};
