import { ANNOTATION } from '@eeveebot/contract';
import type { KubeObject } from '../../controller/types.ts';
import { natsConnection, type NatsConnection } from '../../nats/connection.ts';
import type { ObservedModule } from './observe.ts';
import { specProblems } from './spec.ts';

/** What is to be done about a module now. */
export type ModulePlan =
  /** The spec cannot be carried out; what runs is left as it is until it is mended. */
  | { readonly action: 'reject'; readonly message: string }
  /** Something it depends on is not there yet; what runs is left as it is. */
  | { readonly action: 'wait'; readonly message: string }
  /** Not to run: no Deployment; its data stays. */
  | { readonly action: 'disable' }
  | { readonly action: 'run'; readonly nats: NatsConnection | undefined };

/** Decides, from what is observed alone. */
export function modulePlan(observed: ObservedModule): ModulePlan {
  const { module } = observed;
  const problems = [...specProblems(module), ...takenNames(observed)];
  if (problems.length > 0) return { action: 'reject', message: problems.join('; ') };
  if (!module.spec.enabled) return { action: 'disable' };
  const missing = missingBootstrap(observed);
  if (missing !== undefined) return { action: 'wait', message: missing };

  const ipcConfigName = module.spec.ipcConfig;
  if (ipcConfigName === undefined) return { action: 'run', nats: undefined };
  if (observed.ipcConfig === undefined) {
    return {
      action: 'wait',
      message: `spec.ipcConfig names IpcConfig ${ipcConfigName}, which does not exist in namespace ${module.metadata.namespace}: create it or correct the name`,
    };
  }
  const nats = natsConnection(observed.ipcConfig);
  if (nats === undefined)
    return { action: 'wait', message: `IpcConfig ${ipcConfigName} has no token and host yet: ${readyMessage(observed.ipcConfig)}` };
  return { action: 'run', nats };
}

/** An object of ours that somebody else controls must not be taken over. */
function takenNames({ module, deployment, configMap }: ObservedModule): readonly string[] {
  return [deployment, configMap].flatMap((existing) => {
    const controller = existing && foreignController(existing, module);
    return controller === undefined
      ? []
      : [`${existing?.kind} ${existing?.metadata.name} belongs to ${controller}: delete it or give this module another name`];
  });
}

function foreignController(existing: KubeObject, owner: KubeObject): string | undefined {
  const controller = existing.metadata.ownerReferences?.find((reference) => reference.controller === true);
  return controller === undefined || controller.uid === owner.metadata.uid ? undefined : `${controller.kind} ${controller.name}`;
}

/**
 * A volume that is to be restored first must not be started empty: a module that runs on it would make
 * data that the restore then destroys.
 */
function missingBootstrap({ module, deployment, volumeClaim }: ObservedModule): string | undefined {
  if (module.spec.bootstrapFromBackup === undefined || deployment !== undefined) return undefined;
  if (volumeClaim?.metadata.annotations?.[ANNOTATION.bootstrapped] === 'true') return undefined;
  return (
    'spec.bootstrapFromBackup is set and this operator does not restore volumes: restore the claim by hand and annotate it ' +
    `${ANNOTATION.bootstrapped}="true", or remove the field to start with an empty volume`
  );
}

function readyMessage({ status }: NonNullable<ObservedModule['ipcConfig']>): string {
  return status?.conditions?.find((condition) => condition.type === 'Ready')?.message ?? 'not reconciled yet';
}
