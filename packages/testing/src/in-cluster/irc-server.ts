import { IRC_SERVER_IMAGE } from '../images/images.ts';
import { ngircdConfiguration } from '../irc/ngircd.ts';

/** Name of the IRC server's objects, and so its host name in the namespace. */
export const IRC_SERVICE = 'demo-irc';

/** Port of the IRC server's Service. */
export const IRC_PORT = 6667;

/** User and group that it runs as. */
const UID = 1000;

/** Label by which the IRC server's Deployment is found. */
export const IRC_SELECTOR = `app=${IRC_SERVICE}`;

/** An IRC server in the cluster, which forgets its channels with its pod. */
export function ircServerObjects(): readonly object[] {
  const labels = { app: IRC_SERVICE };
  const file = 'ngircd.conf';
  const configuration = ngircdConfiguration({ name: 'irc.demo', address: '0.0.0.0', port: IRC_PORT, uid: UID });
  const port = { name: 'irc', port: IRC_PORT };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: IRC_SERVICE }, data: { [file]: configuration } },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: IRC_SERVICE }, spec: { selector: labels, ports: [port] } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: IRC_SERVICE, labels },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            securityContext: { runAsNonRoot: true, runAsUser: UID, runAsGroup: UID, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [
              {
                name: 'irc',
                image: IRC_SERVER_IMAGE,
                // So that a node without access to a registry uses the imported image.
                imagePullPolicy: 'IfNotPresent',
                args: ['--config', `/etc/ngircd/${file}`],
                ports: [{ name: 'irc', containerPort: IRC_PORT }],
                readinessProbe: { tcpSocket: { port: 'irc' }, periodSeconds: 1 },
                securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
                volumeMounts: [{ name: 'configuration', mountPath: '/etc/ngircd', readOnly: true }],
              },
            ],
            volumes: [{ name: 'configuration', configMap: { name: IRC_SERVICE } }],
          },
        },
      },
    },
  ];
}
