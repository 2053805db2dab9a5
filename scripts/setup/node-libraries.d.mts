export declare function ensureNodeLibraries(): string | undefined;
export declare function missingLibraries(cache: string | null | undefined): readonly string[];
