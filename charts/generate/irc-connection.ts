import { fields, listOf, oneOf, text, truth, type JsonSchema } from './json-schema.ts';
import { settings } from './settings-schema.ts';

const secretKey = fields({ name: { type: 'string', minLength: 1 }, key: { type: 'string', minLength: 1 } }, ['name', 'key']);

/** A connection of the IRC connector in short form; `settings` accepts all other settings of the connector. */
export const ircConnection: JsonSchema = fields(
  {
    // One token of a NATS subject.
    name: { type: 'string', pattern: '^[A-Za-z0-9_-]+$' },
    host: { type: 'string', minLength: 1 },
    port: { type: 'integer', minimum: 1, maximum: 65535 },
    tls: truth,
    nick: { type: 'string', pattern: '^[^\\s:#&@!]+$' },
    altNicks: listOf(text),
    username: text,
    realname: text,
    channels: { type: 'array', items: { anyOf: [{ type: 'string', minLength: 1 }, fields({ channel: text, key: text }, ['channel'])] } },
    prefix: { type: 'string', minLength: 1 },
    passwordSecret: secretKey,
    sasl: fields({ mechanism: oneOf('PLAIN', 'EXTERNAL'), account: text, passwordSecret: secretKey }),
    nickserv: fields({ account: text, passwordSecret: secretKey }),
    settings,
  },
  ['name', 'host'],
);
