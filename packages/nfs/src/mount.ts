/** The MOUNT protocol, version 3: RFC 1813, appendix I. */
import type { Context } from "./context.ts";
import { NfsError, statusOf } from "./status.ts";
import type { Program, Procedure } from "./rpc.ts";

const maxPathBytes = 1024;
const authUnix = 1;

export function mountProgram({ tree }: Context): Program {
  const nothing: Procedure = { run: async () => undefined };
  return {
    number: 100_005,
    version: 3,
    procedures: {
      // NULL
      0: nothing,
      // MNT
      1: {
        run: async (args, result) => {
          const path = args.opaque(maxPathBytes).toString();
          try {
            const { handle } = await tree.root(path);
            result.u32(0).opaque(handle).u32(1).u32(authUnix);
          } catch (error) {
            result.u32(statusOf(error instanceof Error ? error : new NfsError("EIO")));
          }
        },
      },
      // UMNT, UMNTALL: there is no list of who has mounted what.
      3: nothing,
      4: nothing,
    },
  };
}
