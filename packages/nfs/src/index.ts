export type { Owner } from "./attributes.ts";
export { createNfsServer, type NfsServer, type NfsServerOptions } from "./server.ts";
export type { Export } from "./tree.ts";
