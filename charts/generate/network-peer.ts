import { labels } from './formats.ts';
import { fields, listOf, text, type JsonSchema } from './json-schema.ts';

const labelSelector = fields({
  matchLabels: labels,
  matchExpressions: listOf(fields({ key: text, operator: text, values: listOf(text) }, ['key', 'operator'])),
});
/** Peer of a NetworkPolicy. */
export const networkPeer: JsonSchema = {
  ...fields({
    podSelector: labelSelector,
    namespaceSelector: labelSelector,
    ipBlock: fields({ cidr: text, except: listOf(text) }, ['cidr']),
  }),
  minProperties: 1,
};
