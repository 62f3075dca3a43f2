/** Makes dist/main.cjs, the command for the Node of this checkout. */
import { bundleInParts } from "./bundle.ts";

// Over what is there: a host agent that runs from it may still need one of the parts.
await bundleInParts(`${import.meta.dirname}/dist`);
