import * as z from "zod/mini";
import type { ListedPorts } from "../agent/control.ts";
import type { MachineConfig } from "../machine-dir/config-file.ts";
import type { Context } from "./context.ts";
import type { PortFacts } from "./machine.ts";
import { askDocker } from "./observe.ts";
import { withAgent } from "./with-agent.ts";

const limitMs = 30_000;

/** As far as it matters here, of `GET /containers/json`. */
const Containers = z.array(
  z.object({
    Names: z.array(z.string()),
    Ports: z.array(z.object({ PrivatePort: z.int(), PublicPort: z.optional(z.int()), Type: z.string() })),
    NetworkSettings: z.object({
      Networks: z.record(z.string(), z.object({ IPAddress: z.string(), GlobalIPv6Address: z.optional(z.string()) })),
    }),
  }),
);

/** Throws UserError `guest-not-connected`. Containers have no names when the engine does not answer. */
export async function readPorts(
  { host, dir, signal }: Pick<Context, "host" | "dir" | "signal">,
  config: MachineConfig,
): Promise<PortFacts> {
  const { ports } = await withAgent({ host, dir, signal }, limitMs, (agent, limit) =>
    agent.call("ports.list", {}, limit),
  );
  const answer = await askDocker(host, dir, config, signal, "/containers/json");
  const containers = "body" in answer && answer.status === 200 ? z.parse(Containers, JSON.parse(answer.body)) : [];
  const names = new Map<string, string>();
  for (const { Names, NetworkSettings } of containers) {
    for (const { IPAddress, GlobalIPv6Address = "" } of Object.values(NetworkSettings.Networks)) {
      for (const address of [IPAddress, GlobalIPv6Address]) names.set(address, nameOf(Names));
    }
  }
  return {
    published: ports.map((port) => withName(port, names.get(port.containerAddress))),
    unpublished: containers.flatMap(({ Names, Ports }) =>
      Ports.filter(({ PublicPort }) => PublicPort === undefined).map(({ PrivatePort, Type }) => ({
        container: nameOf(Names),
        protocol: Type,
        port: PrivatePort,
      })),
    ),
  };
}

function withName(port: ListedPorts[number], container: string | undefined): PortFacts["published"][number] {
  return container === undefined ? port : { ...port, container };
}

/** `/web` is the name `web`; one with another slash is a name that another container gave it. */
function nameOf(names: readonly string[]): string {
  return (names.find((name) => !name.slice(1).includes("/")) ?? names[0] ?? "").slice(1);
}
