export { StoreError, type StoreErrorKind } from './store-error.ts';
export type { StoreLocation } from './store-location.ts';
