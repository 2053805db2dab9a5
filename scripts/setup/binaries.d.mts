export declare const CLUSTER_MODULE: string;
export declare const BINARIES: readonly string[];
export declare const BUILD_FLAGS: readonly string[];
export declare const BUILD_TARGETS: readonly string[];
export declare function buildId(): string;
export declare function cacheFolder(): string;
export declare function builtFolder(): string;
export declare function binariesFolder(): string | undefined;
