// Updates CustomResourceDefinitions to the JSON files of a folder: `node update-definitions.mjs FOLDER`, in a pod.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = process.env;
const { SERVICE_ACCOUNT_FOLDER: account = '/var/run/secrets/kubernetes.io/serviceaccount' } = process.env;
const collection = `https://${host.includes(':') ? `[${host}]` : host}:${port}/apis/apiextensions.k8s.io/v1/customresourcedefinitions`;
const token = (await readFile(join(account, 'token'), 'utf8')).trim();

const ATTEMPTS = 5;
const CONFLICT = 409;
const NOT_FOUND = 404;

async function request(method, name, body) {
  const answer = await fetch(name === undefined ? collection : `${collection}/${name}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  return { code: answer.status, object: await answer.json() };
}

function refusal(action, name, { code, object }) {
  return new Error(`the API server refused to ${action} ${name} (${code}): ${object?.message ?? 'no reason given'}`);
}

/** Replaces the whole spec: a merge would keep fields that the new definition no longer has. */
async function update(wanted) {
  const { name, annotations } = wanted.metadata;
  for (let attempt = 1; ; attempt += 1) {
    const live = await request('GET', name);
    if (live.code === NOT_FOUND) {
      const created = await request('POST', undefined, wanted);
      if (created.code < 300) return 'created';
      if (created.code !== CONFLICT || attempt === ATTEMPTS) throw refusal('create', name, created);
    } else {
      if (live.code >= 300) throw refusal('show', name, live);
      const { object } = live;
      const metadata = { ...object.metadata, annotations: { ...object.metadata.annotations, ...annotations } };
      const replaced = await request('PUT', name, { ...object, metadata, spec: wanted.spec });
      if (replaced.code < 300) return 'updated';
      if (replaced.code !== CONFLICT || attempt === ATTEMPTS) throw refusal('update', name, replaced);
    }
    // Another client has changed it in the meantime.
    await pause(200 * attempt);
  }
}

/** A new definition is not served immediately. */
async function served(name) {
  for (let attempt = 1; attempt <= 60; attempt += 1) {
    const { object } = await request('GET', name);
    if (object.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True')) return;
    await pause(500);
  }
  throw new Error(`${name} is not served after 30 seconds`);
}

async function main(folder) {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  for (const file of files) {
    const wanted = JSON.parse(await readFile(join(folder, file), 'utf8'));
    const outcome = await update(wanted);
    await served(wanted.metadata.name);
    process.stdout.write(`${wanted.metadata.name}: ${outcome}\n`);
  }
}

try {
  await main(process.argv[2] ?? '.');
} catch (error) {
  const cause = error.cause === undefined ? '' : ` (${error.cause.message})`;
  process.stderr.write(`${error.message}${cause}\n`);
  process.exitCode = 1;
}
