/** Counterparts in JSON Schema of the rules of definitions, which are in the Common Expression Language. */
import { quantity } from './formats.ts';
import type { JsonSchema } from './json-schema.ts';
import { checkOf } from './template-checks.ts';

const has = (...names: readonly string[]): JsonSchema => ({ required: names });
const field = (name: string, schema: JsonSchema): JsonSchema => ({ properties: { [name]: schema } });
/** A field that is present and has one of these values. */
const is = (name: string, ...values: readonly unknown[]): JsonSchema => ({ ...has(name), ...field(name, { enum: values }) });
const any = (...schemas: readonly JsonSchema[]): JsonSchema => ({ anyOf: schemas });
const not = (schema: JsonSchema): JsonSchema => ({ not: schema });
const exactlyOne = (...names: readonly string[]): JsonSchema => ({ oneOf: names.map((name) => has(name)) });
const needs = (name: string, other: string): JsonSchema => ({ dependencies: { [name]: [other] } });
const isManaged: JsonSchema = { ...has('managed'), ...field('managed', is('enabled', true)) };
/** A quantity of this form is not 0: a digit before its exponent or suffix is not. */
const notZero: JsonSchema = {
  anyOf: [
    { type: 'string', pattern: '^[+]?[0-9.]*[1-9]' },
    { type: 'number', minimum: 1 },
  ],
};
const labelValues: JsonSchema = { additionalProperties: { pattern: '^([a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?)?$' } };
const HOST = '([-A-Za-z0-9._~]+|\\[[0-9a-fA-F:.]+\\])(:[0-9]*)?';
const ENCODED = '([^%\\s@?#\\x00-\\x20\\x7f]|%[0-9a-fA-F]{2})*';
const KEPT = ['keepLast', 'keepHourly', 'keepDaily', 'keepWeekly', 'keepMonthly'];

/** By the whole rule: a rule that changes needs another counterpart. */
const COUNTERPARTS: Readonly<Record<string, JsonSchema>> = {
  '!has(self.backupSchedule) || has(self.persistentVolumeClaim)': needs('backupSchedule', 'persistentVolumeClaim'),
  '!has(self.bootstrapFromBackup) || has(self.persistentVolumeClaim)': needs('bootstrapFromBackup', 'persistentVolumeClaim'),
  "!('storage' in self) || !isQuantity(string(self['storage'])) || quantity(string(self['storage'])).compareTo(quantity('0')) != 0": field(
    'storage',
    notZero,
  ),
  "isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('0')) >= 0": quantity,
  "isQuantity(string(self)) && quantity(string(self)).isGreaterThan(quantity('0'))": { allOf: [quantity, notZero] },
  '[has(self.exec), has(self.httpGet), has(self.tcpSocket), has(self.grpc)].filter(given, given).size() == 1': exactlyOne(
    'exec',
    'httpGet',
    'tcpSocket',
    'grpc',
  ),
  '!has(self.successThreshold) || self.successThreshold == 1': field('successThreshold', { enum: [1] }),
  '!has(self.claims)': not(has('claims')),
  "self.all(key, self[key] == '' || self[key].matches(r'^[a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?$'))": labelValues,
  "!has(self.rollingUpdate) || !has(self.type) || self.type == 'RollingUpdate'": any(
    not(has('rollingUpdate')),
    field('type', { enum: ['RollingUpdate'] }),
  ),
  'has(self.managed) || has(self.external)': any(has('managed'), has('external')),
  '!has(self.external) || !has(self.managed) || !self.managed.enabled': not({ allOf: [has('external'), isManaged] }),
  '!has(self.tls) || (has(self.managed) && self.managed.enabled)': any(not(has('tls')), isManaged),
  'has(self.token) || (has(self.managed) ? self.managed.enabled : !has(self.external))': any(
    has('token'),
    isManaged,
    not(any(has('managed'), has('external'))),
  ),
  'self == 1 || (self >= 3 && self % 2 == 1)': any({ enum: [1] }, { minimum: 3, not: { multipleOf: 2 } }),
  "!has(self.secretKeyRef) || self.secretKeyRef.key != 'host'": field('secretKeyRef', field('key', not({ enum: ['host'] }))),
  'has(self.configMapKeyRef) != has(self.secretKeyRef)': exactlyOne('configMapKeyRef', 'secretKeyRef'),
  'has(self.secretName) != has(self.issuerRef)': exactlyOne('secretName', 'issuerRef'),
  "isURL(self) && url(self).getScheme() in ['http', 'https'] && url(self).getHostname() != '' && !self.matches(r'[@?#\\s]')": {
    pattern: `^[hH][tT][tT][pP][sS]?://${HOST}(/${ENCODED})?$`,
  },
  "self.matches(r'^([0-9]{1,2}h)?([0-9]{1,4}m)?$') && self != '' && duration(self) >= duration('1m') && duration(self) <= duration('24h')":
    { minLength: 1, pattern: '^([0-9]{1,2}h)?([0-9]{1,4}m)?$' },
  [KEPT.map((name) => `(has(self.${name}) && self.${name} > 0)`).join(' || ')]: any(
    ...KEPT.map((name) => ({ ...has(name), ...field(name, { minimum: 1 }) })),
  ),
  'has(self.schedule) != (has(self.afterEach) && self.afterEach)': { oneOf: [has('schedule'), is('afterEach', true)] },
};

/** Terms of a rule about a text, and what they become. */
const TERMS: readonly (readonly [RegExp, (argument: string) => JsonSchema])[] = [
  [/^self\.matches\(r'(.*)'\)$/, (pattern) => ({ pattern })],
  [/^!self\.matches\(r'(.*)'\)$/, (pattern) => not({ pattern })],
  [/^self\.startsWith\('(.)'\)$/, (start) => ({ pattern: `^${start}` })],
  [/^!self\.contains\('(.)'\)$/, (part) => not({ pattern: part })],
  [/^self != '(.*)'$/, (value) => not({ enum: [value] })],
];
/** Keys that a map must not have. */
const WITHOUT_KEYS = /^self\.all\(key, !\(key in \['(.*)'\]\)\)$/;

function term(text: string): JsonSchema | undefined {
  for (const [form, schema] of TERMS) {
    const argument = form.exec(text)?.[1];
    if (argument !== undefined) return schema(argument);
  }
  return undefined;
}

/**
 * Schemas that a value must match for a rule of its definition to hold; none for a rule that the templates check.
 *
 * @throws Error if the rule has no counterpart: values would pass that the API server refuses in the middle of an installation.
 */
export function ruleSchemas(rule: string): readonly JsonSchema[] {
  const counterpart = COUNTERPARTS[rule];
  if (counterpart !== undefined) return [counterpart];
  if (checkOf(rule) !== undefined) return [];
  const [, keys] = WITHOUT_KEYS.exec(rule) ?? [];
  if (keys !== undefined) return [{ propertyNames: not({ enum: keys.split("', '") }) }];
  return rule.split(' && ').map((text) => {
    const schema = term(text);
    if (schema === undefined) throw new Error(`charts/generate has no counterpart of this rule of a definition: ${rule}`);
    return schema;
  });
}
