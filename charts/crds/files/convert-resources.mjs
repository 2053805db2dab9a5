// Converts resources of eevee 2.x to manifests of this release: `node convert-resources.mjs eevee-2.x.json > eevee.json`. The input is the
// output of `kubectl get … -o json`. Kinds get their new spelling. Only fields that users write are kept: no status, finalizers, owners, or
// metadata of the API server. With `--former-kinds`, the kinds stay as they are: for the way back to 2.x.
import { readFile } from 'node:fs/promises';

const KINDS = new Map(['BotModule', 'IpcConfig', 'S3Store', 'BackupSchedule', 'BackupRestore'].map((kind) => [kind.toLowerCase(), kind]));
const KUBECTL_COPY = 'kubectl.kubernetes.io/last-applied-configuration';

function converted({ apiVersion, kind, metadata, spec }, keepsKind) {
  const { name, namespace, labels, annotations = {} } = metadata ?? {};
  const today = KINDS.get(String(kind).toLowerCase());
  if (apiVersion !== 'eevee.bot/v1' || today === undefined) throw new Error(`${kind} ${name} (${apiVersion}) is not a resource of eevee: remove it from the file`);
  const { [KUBECTL_COPY]: _, ...kept } = annotations;
  return {
    apiVersion,
    kind: keepsKind ? kind : today,
    metadata: { name, namespace, ...(labels && { labels }), ...(Object.keys(kept).length > 0 && { annotations: kept }) },
    spec,
  };
}

function parsed(text, file) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not the output of kubectl get -o json: write it again (${error.message})`, { cause: error });
  }
}

try {
  const given = process.argv.slice(2);
  const keepsKind = given.includes('--former-kinds');
  const file = given.find((argument) => argument !== '--former-kinds');
  if (file === undefined) throw new Error('usage: node convert-resources.mjs [--former-kinds] FILE, in which FILE holds the output of kubectl get -o json');
  const input = parsed(await readFile(file, 'utf8'), file);
  const items = (input.kind === 'List' ? input.items : [input]).map((item) => converted(item, keepsKind));
  process.stdout.write(`${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2)}\n`);
  process.stderr.write(`${items.length} resources\n`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
