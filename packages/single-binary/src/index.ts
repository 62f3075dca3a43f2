export * from "./build-binary.ts";
export * from "./target.ts";
