export declare const engineFlags: readonly string[]
