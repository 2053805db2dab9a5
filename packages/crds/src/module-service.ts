import { MODULE_PORT_NAME } from '@eeveebot/contract';
import { Type } from 'typebox';
import { rules } from './fields.ts';
import { podAnnotations } from './pod-fields.ts';

const port = (description: string) => Type.Integer({ description, format: 'int32', minimum: 1, maximum: 65535 });

const furtherPort = Type.Object({
  name: Type.String({
    description: 'Name of the port.',
    maxLength: 15,
    ...rules({
      rule: `self.matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && self != '${MODULE_PORT_NAME}'`,
      message: `must consist of lower-case letters, digits and '-', and must not be ${MODULE_PORT_NAME}, which is the port of the module's HTTP server`,
    }),
  }),
  port: port('Port of the Service.'),
  targetPort: Type.Optional(port('Port in the pods. Default: the value of port.')),
});

/** The Service of a module. */
export const moduleService = Type.Object(
  {
    type: Type.Unsafe<'ClusterIP' | 'NodePort' | 'LoadBalancer'>({
      type: 'string',
      enum: ['ClusterIP', 'LoadBalancer', 'NodePort'],
      description: 'Type of the Service.',
      default: 'ClusterIP',
    }),
    port: Type.Optional(port("Port of the Service for the module's HTTP server. Default: metricsPort.")),
    ports: Type.Optional(
      Type.Unsafe<readonly { readonly name: string; readonly port: number; readonly targetPort?: number }[]>({
        type: 'array',
        description: 'Additional ports of the module or its sidecars.',
        items: furtherPort,
        maxItems: 16,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      }),
    ),
    annotations: Type.Optional(podAnnotations('Annotations of the Service.')),
  },
  {
    description:
      "Creates the Service eevee-<name>-module for the module's pods; {} is enough. The Service is deleted when the field is removed.",
  },
);
