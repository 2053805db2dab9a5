export declare function ensureModules(root: string): Promise<void>;
export declare function installedNode(root: string): string | undefined;
export declare function linkNode(root: string): void;
export declare function modulesMatch(root: string): boolean;
