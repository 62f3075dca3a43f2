import packageJson from "../../package.json" with { type: "json" };
import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { Manifest } from "../image/manifest.ts";
import { checkExists, namedMachine } from "./machines.ts";
import { jsonOption, machineOperand, verb } from "./verb.ts";

export const version = verb({
  aliases: [],
  summary: "print the versions of this program, its image and Docker",
  details: "Also the Docker of the machine, when it runs: it may still run an older image.",
  operands: [machineOperand],
  options: jsonOption,
  async run(context, { operands, options }) {
    const { host, ui, signal } = context;
    const { protocolRange } = await import("@boot2docker/protocol");
    const protocol: { min: number; max: number } = protocolRange;
    const machine = await namedMachine(context, operands);
    const image = await imageManifest(host, signal);
    const status = await machine.status(signal);
    if (operands.length > 0) await checkExists(context, machine.name);
    const engineVersion = "guest" in status ? status.guest.engineVersion : undefined;
    if (options.json) {
      const { version: imageVersion, dockerVersion, kernelVersion, arch } = image ?? {};
      const described = { version: imageVersion, dockerVersion, kernelVersion, arch };
      const versions = { version: packageJson.version, protocol, image: image && described };
      ui.json({ ...versions, machine: { name: machine.name, engineVersion } });
      return;
    }
    const rows = [
      ["boot2docker", packageJson.version],
      ["protocol", protocol.min === protocol.max ? String(protocol.max) : `${protocol.min} to ${protocol.max}`],
      ["image", image?.version ?? "none here"],
      ...(image === undefined
        ? []
        : [["docker", image.dockerVersion] as const, ["kernel", image.kernelVersion] as const]),
      ...(engineVersion === undefined ? [] : [[`docker of ${machine.name}`, engineVersion] as const]),
    ] as const;
    const width = Math.max(...rows.map(([name]) => name.length));
    for (const [name, value] of rows) ui.result(`${name.padEnd(width)}  ${value}`);
  },
});

/** Undefined when there is none to be had: that must not keep the rest from being told. */
async function imageManifest(host: Host, signal: AbortSignal): Promise<Manifest | undefined> {
  const { openImageSource } = await import("../image/manifest.ts");
  try {
    return (await openImageSource(host, signal)).manifest;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
