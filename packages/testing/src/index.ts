export * from './programs/binaries.ts';
export { buildBundle } from './programs/bundle.ts';
export { bundleApp, BundledProcess, removeBundle } from './programs/bundled-app.ts';
export * from './certificates/certificates.ts';
export { KEEPS_COMPILED_CODE } from './programs/compiled-code.ts';
export * from './kubernetes/control-plane.ts';
export * from './waiting/eventually.ts';
export { argocdHealthOf, type Health, kstatusOf } from './kubernetes/health.ts';
export * from './kubernetes/helm.ts';
export * from './kubernetes/kubeconfig.ts';
export * from './kubernetes/kubectl.ts';
export { type Kwok, type KwokOptions, startKwok } from './kubernetes/kwok.ts';
export { kwokPod } from './kubernetes/kwok-stages.ts';
export * from './servers/nats-server.ts';
export * from './programs/older-node.ts';
export { type Fault, FaultProxy, type FaultRule, startFaultProxy } from './servers/fault-proxy.ts';
export { say } from './in-cluster/conversation.ts';
export { forwardPort, type PortForward, type ReachableCluster, type ServicePort, withForwardedPort } from './in-cluster/port-forward.ts';
export { IRC_PORT, IRC_SELECTOR, IRC_SERVICE, ircServerObjects } from './in-cluster/irc-server.ts';
export { backupObjects, restoreObject, S3_SELECTOR, s3ServerObjects } from './in-cluster/s3-server.ts';
export { RgwServer, startRgwServer } from './servers/rgw-server.ts';
export { runShellCommands } from './programs/shell-commands.ts';
export { S3Server, type S3ServerOptions, startS3Server } from './servers/s3-server.ts';
export { BotProcesses, type BotPart } from './chat/bot-processes.ts';
export { type ChatFireOptions, playChatFire } from './chat/chat-fire.ts';
export type { LineHistory, Outage, OutageLosses, Tally } from './chat/tally.ts';
export { type IrcLine, IrcPerson, type IrcPersonOptions, joinIrc } from './irc/irc-person.ts';
export { IrcSocket, type IrcSocketOptions, type SeenLine } from './irc/irc-socket.ts';
export { IrcServer, type IrcServerOptions, startIrcServer } from './irc/irc-server.ts';
export { type Json, mutated, type Mutation, type Path, rounds } from './values/wrong-values.ts';
export { TcpProxy, startTcpProxy } from './servers/tcp-proxy.ts';
export { DependencyMissingError, OutsideProject } from './packed/outside-project.ts';
export { PackedPackages, type PublishedPackage } from './packed/packed-packages.ts';
export { type HttpFolder, serveFolder } from './registries/http-folder.ts';
export { type NpmRegistry, startNpmRegistry } from './registries/npm-registry.ts';
export { type OciRegistry, startOciRegistry } from './registries/oci-registry.ts';
export { ServerFolder } from './processes/folder.ts';
export { freePort } from './processes/ports.ts';
export * from './processes/server-process.ts';
export {
  allImages,
  moduleFolderImage,
  type ApplicationName,
  applicationImage,
  applicationImageName,
  natsImage,
  pauseImage,
  S3_SERVER_IMAGE,
} from './images/images.ts';
export { Node, type NodeOptions, startNode } from './node/node.ts';
