import { moduleSelector } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import { equalJson } from '../../controller/json.ts';
import { controllerOf, isControlledBy } from '../../controller/objects/owners.ts';
import type { Deployment } from '../../resource-types/kubernetes.ts';
import type { ObservedModule } from './observe.ts';

/**
 * Whether a Deployment with the name of a module's runs the module. One of a former release, or of a module that was deleted with
 * `--cascade=orphan`, has no controller and selects this module's pods: it is adopted.
 */
export const isDeploymentOf = (deployment: Deployment, module: BotModule): boolean =>
  isControlledBy(deployment, module) ||
  (controllerOf(deployment) === undefined && equalJson(deployment.spec?.selector.matchLabels ?? {}, moduleSelector(module.metadata.name)));

/** The Deployment that runs the module; `undefined` if it does not exist or another object has its name. */
export const ownDeployment = ({ module, deployment }: Pick<ObservedModule, 'module' | 'deployment'>): Deployment | undefined =>
  deployment !== undefined && isDeploymentOf(deployment, module) ? deployment : undefined;
