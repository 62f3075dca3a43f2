import { renderAddress } from "../agent/listeners.ts";
import { exitCodes, usageError } from "../errors.ts";
import type { PortFacts } from "../machine/machine.ts";
import { namedMachine, runningStatus } from "./machines.ts";
import { type Context, jsonOption, machineOperand, verb } from "./verb.ts";

type Published = PortFacts["published"][number];

export const ports = verb({
  aliases: [],
  summary: "list the ports that containers publish, and where this host answers on them",
  details:
    "A port that a container publishes on every address is answered on this host's loopback, 127.0.0.1 and ::1; with the machine's " +
    "setting `publish` on all, on every address. One that is published on an address is answered on that one. --why says what is " +
    "so with a port, and ends with exit code 1 when nobody answers on it.",
  examples: ["boot2docker ports", "boot2docker ports --why 8080"],
  operands: [machineOperand],
  options: { ...jsonOption, why: { flags: "--why <port>", summary: "explain one port of this host" } },
  async run(context, { operands, options }) {
    const { ui, signal } = context;
    const machine = await namedMachine(context, operands);
    await runningStatus(context, machine);
    const port = options.why === undefined ? undefined : parsePort(options.why);
    const facts = await machine.readPorts(signal);
    const shown = facts.published.filter(({ hostPort }) => port === undefined || hostPort === port);
    if (options.json) ui.json({ name: machine.name, ports: shown });
    else if (port === undefined) for (const line of renderTable(shown)) ui.result(line);
    else for (const line of await explain(context, machine.name, port, facts)) ui.result(line);
    return port === undefined || shown.some(({ listensOn }) => listensOn !== undefined) ? 0 : exitCodes.failed;
  },
});

function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 1 && port <= 65_535) return port;
  throw usageError(`--why ${text}: expected a port from 1 to 65535`, "For example: boot2docker ports --why 8080");
}

function renderTable(published: readonly Published[]): string[] {
  const rows = published.map((port) => [wherever(port), port.protocol, leadsTo(port), port.refusal?.message ?? ""]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Where it is answered, or `-`. */
const wherever = ({ listensOn }: Published): string => listensOn ?? "-";

function leadsTo({ container, containerAddress, containerPort }: Published): string {
  return container === undefined ? renderAddress(containerAddress, containerPort) : `${container}:${containerPort}`;
}

async function explain(
  { host, signal }: Context,
  machine: string,
  port: number,
  { published, unpublished }: PortFacts,
): Promise<string[]> {
  const asked = published.filter(({ hostPort }) => hostPort === port);
  const lines = asked.flatMap((entry) => {
    const what = `${entry.protocol} ${renderAddress(entry.hostAddress, port)} of ${leadsTo(entry)}`;
    if (entry.listensOn !== undefined) return [`${what} is answered on ${entry.listensOn}`];
    const { message, hint } = entry.refusal ?? {
      message: "the guest's ssh server, which carries it, is not there yet",
    };
    return [`${what} is not answered: ${message}`, ...(hint === undefined ? [] : [`hint: ${hint}`])];
  });
  if (asked.length > 0) return lines;
  const { portOwner } = await import("../machine-dir/ports.ts");
  const owner = await portOwner(host, "tcp", port, signal);
  const elsewhere = published.filter(
    ({ containerPort, listensOn }) => containerPort === port && listensOn !== undefined,
  );
  const inside = unpublished.filter((entry) => entry.port === port);
  return [
    `no container of this machine publishes port ${port}`,
    ...elsewhere.map((entry) => `${leadsTo(entry)} is answered on ${wherever(entry)}`),
    ...inside.map(
      ({ container, protocol }) =>
        `${container} listens on ${port}/${protocol} inside: publish it with \`docker run -p ${port}:${port}\``,
    ),
    ...(owner === undefined ? [] : [`on this host ${owner} listens there`]),
  ];
}
