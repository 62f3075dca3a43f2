import { plan } from "./plan.ts";

/** From SIGTERM to SIGKILL of dockerd, which stops the containers in it. */
export const STOP_ENGINE_MS = 120_000;

/** Every limit is finite, so a machine that is told to end does end. The host waits for longer than their sum. */
export const SHUTDOWN = plan([
  {
    name: "stop-engine",
    after: [],
    tasks: [{ kind: "stop-engine", limitMs: STOP_ENGINE_MS }],
    limitMs: STOP_ENGINE_MS + 35_000,
    onFailure: "degrade",
    hint: "Containers that did not stop in time were killed.",
  },
  {
    // What is not on the host yet goes there, while there is a way.
    name: "unmount-folders",
    after: ["stop-engine"],
    tasks: [{ kind: "unmount-folders" }],
    limitMs: 75_000,
    onFailure: "degrade",
    hint: "",
  },
  {
    name: "stop-ssh",
    after: ["unmount-folders"],
    tasks: [{ kind: "stop-service", service: "sshd", limitMs: 3_000 }],
    limitMs: 5_000,
    onFailure: "degrade",
    hint: "",
  },
  {
    name: "stop-containerd",
    after: ["stop-engine"],
    tasks: [{ kind: "stop-service", service: "containerd", limitMs: 10_000 }],
    limitMs: 12_000,
    onFailure: "degrade",
    hint: "",
  },
  {
    name: "end-processes",
    after: ["stop-ssh", "stop-containerd"],
    tasks: [{ kind: "end-processes", graceMs: 2_000 }],
    limitMs: 10_000,
    onFailure: "degrade",
    hint: "",
  },
  {
    name: "swap-off",
    after: ["end-processes"],
    tasks: [{ kind: "end-disk-swap" }],
    limitMs: 30_000,
    onFailure: "degrade",
    hint: "",
  },
  {
    name: "unmount",
    after: ["swap-off"],
    tasks: [{ kind: "unmount-all" }],
    limitMs: 30_000,
    onFailure: "degrade",
    hint: "",
  },
]);
