export declare function aptObstacle(packages: readonly string[]): string | undefined;
export declare function aptInstall(packages: readonly string[]): string | undefined;
