export { StoreError, type StoreErrorKind } from './store-error.ts';
