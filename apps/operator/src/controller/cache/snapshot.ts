import { defined } from '@eeveebot/contract';
import { deepFreeze, equalJson, frozenWithKnownParts } from '../json.ts';
import { ownEntry } from '../objects/field-ownership.ts';
import type { FieldSet, KubeObject, ManagedFields, ObjectMeta } from '../objects/kube-object.ts';
import { controllerOf } from '../objects/owners.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import { SharedTexts } from './shared-texts.ts';

/** Annotation that only kubectl reads, and that is as large as the object. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Contains the uid of the owner, so no two objects have it in common. */
const OWNER_REFERENCES = 'f:ownerReferences';

/** Maximum number of different field sets that are kept for sharing. */
const SHARED_SETS = 2_000;

/**
 * Makes the cached copies of objects of one type: frozen and without parts that no code reads. For a
 * type whose values must not be cached, only the metadata is kept.
 */
export class Snapshots {
  readonly #type: ResourceType;
  readonly #shared = new Map<string, FieldSet>();
  readonly #texts = new SharedTexts();
  readonly #shareText = (text: string): string => this.#texts.of(text);

  constructor(type: ResourceType) {
    this.#type = type;
  }

  /**
   * @param object as in the server's response; items of lists may lack apiVersion and kind. It is changed.
   * @param known the snapshot of its last version: the new one shares the parts that did not change.
   */
  of(object: KubeObject, known?: KubeObject): KubeObject {
    return frozenWithKnownParts(this.#kept(object, known), known, this.#shareText);
  }

  #kept(object: KubeObject, known: KubeObject | undefined): KubeObject {
    const { apiVersion, kind, metadataOnly } = this.#type;
    if (this.#type.keptWhole?.(object) === false)
      return { ...this.#type.keptOfOthers?.(object), apiVersion, kind, metadata: bare(object.metadata) };
    const metadata = this.#metadata(object.metadata, known);
    if (metadataOnly === true) return { apiVersion, kind, metadata };
    const whole = { ...object, apiVersion, kind, metadata };
    return this.#type.cached?.(whole) ?? whole;
  }

  #metadata({ managedFields, annotations, ...rest }: ObjectMeta, known: KubeObject | undefined): ObjectMeta {
    const own = managedFields && ownEntry(managedFields);
    return {
      ...rest,
      ...(annotations && { annotations: withoutLastApplied(annotations) }),
      ...(own && { managedFields: [this.#ownFields(own, known)] }),
    };
  }

  /** Status updates of other programs leave them as they are. */
  #ownFields(own: ManagedFields, known: KubeObject | undefined): ManagedFields {
    const [knownEntry] = known?.metadata.managedFields ?? [];
    return knownEntry !== undefined && equalJson(own, knownEntry) ? knownEntry : this.#withSharedFields(own);
  }

  /** Objects of different resources mostly have the same fields, so equal field sets are stored once. */
  #withSharedFields({ fieldsV1 = {}, ...entry }: ManagedFields): ManagedFields {
    const { 'f:metadata': metadata, ...content } = fieldsV1;
    return {
      ...entry,
      fieldsV1: { ...this.#sharing(content), ...(metadata && { 'f:metadata': this.#sharing(metadata) }) },
    };
  }

  #sharing(fields: FieldSet): FieldSet {
    return Object.fromEntries(
      Object.entries(fields).map(([path, inner]) => [path, path === OWNER_REFERENCES ? inner : this.#share(inner)]),
    );
  }

  #share(fields: FieldSet): FieldSet {
    const text = JSON.stringify(fields);
    const known = this.#shared.get(text);
    if (known !== undefined) return known;
    if (this.#shared.size >= SHARED_SETS) this.#shared.clear();
    this.#shared.set(text, deepFreeze(fields));
    return fields;
  }
}

/** The fields that show that a name is taken, and by which owner. */
function bare(metadata: ObjectMeta): ObjectMeta {
  const { name, namespace, uid, resourceVersion, deletionTimestamp } = metadata;
  const owner = controllerOf({ metadata });
  return {
    name,
    ...defined({ namespace, uid, resourceVersion, deletionTimestamp }),
    ...(owner && { ownerReferences: [owner] }),
  };
}

function withoutLastApplied(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { [LAST_APPLIED]: _, ...kept } = annotations;
  return kept;
}

/**
 * Whether two snapshots of one object differ only in their version: what has changed is not cached. Expects that the second shares the
 * parts that did not change.
 */
export function isSeenAlike(before: KubeObject | undefined, after: KubeObject | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  return haveSameParts(before, after, 'metadata') && haveSameParts(before.metadata, after.metadata, 'resourceVersion');
}

function haveSameParts(one: object, other: object, except: string): boolean {
  const [parts, others] = [one as Readonly<Record<string, unknown>>, other as Readonly<Record<string, unknown>>];
  for (const name in parts) if (name !== except && parts[name] !== others[name]) return false;
  for (const name in others) if (!Object.hasOwn(parts, name)) return false;
  return true;
}
