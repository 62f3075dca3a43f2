import {
  connectHost,
  type GuestConfig,
  type GuestEvent,
  type GuestState,
  type Hello,
  protocolRange,
} from "@boot2docker/protocol";
import { channelPair } from "@boot2docker/protocol/testing";
import { defaultConfig } from "../config.ts";
import type { FakeSystem } from "./fake-system.ts";

export type HostConnection = Awaited<ReturnType<typeof connectHost>>;

/** A host at the other end of a FakeSystem's port. */
export class FakeHost {
  config: GuestConfig = {
    ...defaultConfig,
    hostname: "dev",
    dataDisk: { serial: "b2d-data", formatIfBlank: true },
    network: { mode: "static", address: "10.0.2.15/24", gateway: "10.0.2.2", dns: [] },
  };
  readonly states: GuestState[] = [];
  readonly events: GuestEvent[] = [];
  /** Of each session. */
  readonly guests: Hello[] = [];
  connection: HostConnection | undefined;
  readonly #system: FakeSystem;

  constructor(system: FakeSystem) {
    this.#system = system;
  }

  get lifecycles(): string[] {
    return this.states.map(({ lifecycle }) => lifecycle.name).filter((name, index, all) => name !== all[index - 1]);
  }

  /** From now on the port has a host at the other end, which takes so long before it reads. */
  attach(delayMs = 0): void {
    const { clock } = this.#system;
    this.#system.port = () => {
      const pair = channelPair();
      void clock.wait(delayMs, new AbortController().signal).then(() => this.#serve(pair.host));
      return pair.guest;
    };
  }

  /** The port is there, and nobody at its other end: it ends as soon as it is opened. */
  static nobody(system: FakeSystem): void {
    system.port = () => {
      const { guest, host } = channelPair();
      void host.close();
      return guest;
    };
  }

  async #serve(channel: Parameters<typeof connectHost>[0]["channel"]): Promise<void> {
    this.connection = await connectHost(
      {
        channel,
        clock: this.#system.clock,
        hello: {
          role: "host",
          protocol: protocolRange,
          version: "1.0.0",
          now: "2026-06-01T00:00:00.000Z",
          features: [],
        },
        handlers: {
          "config.get": async () => this.config,
          "certificate.issue": async ({ publicKeyPem }) => ({
            certificatePem: `certificate for ${publicKeyPem}`,
            caPem: "ca",
          }),
          "folders.connect": async () => ({}),
          "names.resolve": async () => ({ addresses: [] }),
          "ports.publish": async () => ({ refused: [] }),
        },
        onNotification: (name, params) => {
          if (name === "state.changed") this.states.push(params);
          else this.events.push(params);
        },
      },
      new AbortController().signal,
    );
    this.guests.push(this.connection.peer);
  }
}
