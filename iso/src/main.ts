import { parseArgs } from "node:util";
import { resolve, join } from "node:path";
import { existsSync } from "node:fs";
import { buildImage } from "./build.ts";
import { checkBudgets, planSizes, renderSizes } from "./size-table.ts";
import { refresh } from "./refresh.ts";

const project = join(import.meta.dirname, "..", "..");
const usage = `node src/main.ts build [options]     builds the image
node src/main.ts refresh             makes lock.json anew, with the suites' current versions

--output FOLDER        where the image goes (dist)
--kernel FOLDER        what the kernel package built
--guest-init FILE      the guest-init binary
--without-guest-init   an image that cannot come up, to work on the rest
--quick                cheap compression: larger files in less time`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: "string", default: join(import.meta.dirname, "..", "dist") },
    kernel: { type: "string", default: join(project, "kernel", "dist") },
    "guest-init": { type: "string", default: join(project, "apps", "guest-init", "dist", "guest-init") },
    "without-guest-init": { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
  },
});
const controller = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    controller.abort(new Error("interrupted"));
  });
}
const started = performance.now();
const say = (message: string) => {
  process.stderr.write(`iso ${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${message}\n`);
};

async function run(): Promise<void> {
  const [command] = positionals;
  if (command === "refresh") await refresh("x86_64", new Date(), controller.signal);
  else if (command === "build") {
    const guestInit = resolve(values["guest-init"]);
    if (!values["without-guest-init"] && !existsSync(guestInit)) {
      throw new Error("there is no guest-init; build it: pnpm --filter @boot2docker/guest-init build");
    }
    const manifest = await buildImage(
      {
        output: resolve(values.output),
        kernel: resolve(values.kernel),
        ...(values["without-guest-init"] ? {} : { guestInit }),
        quick: values.quick,
        onProgress: say,
      },
      controller.signal,
    );
    const sizes = planSizes(manifest);
    process.stderr.write(`${renderSizes(sizes)}\n`);
    if (!values.quick) checkBudgets(sizes);
  } else {
    process.stderr.write(`${usage}\n`);
    process.exitCode = 2;
  }
}

try {
  await run();
} catch (error) {
  process.stderr.write(`iso: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
