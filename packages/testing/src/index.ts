export * from './binaries.ts';
export * from './child.ts';
export * from './control-plane.ts';
export * from './eventually.ts';
export * from './nats-server.ts';
