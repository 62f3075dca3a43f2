import { expect, test } from "vitest";
import type { Forward, Monitor } from "../driver/driver.ts";
import { portTaken } from "../machine-dir/ports.ts";
import { planForwards, reconcileForwards, wantedForwards } from "./forwards.ts";

const wanted = wantedForwards({ dockerPort: 1, sshPort: 2 });
const never = new AbortController().signal;

function monitorWith(present: Forward[], taken: number[] = []) {
  const history: string[] = [];
  const monitor: Monitor = {
    runState: async () => "running",
    resume: async () => undefined,
    pause: async () => undefined,
    reset: async () => undefined,
    forwards: async () => present,
    addForward: async ({ hostPort }) => {
      if (taken.includes(hostPort)) throw portTaken(hostPort, undefined);
      history.push(`add ${hostPort}`);
    },
    removeForward: async ({ hostPort }) => void history.push(`remove ${hostPort}`),
    closed: new Promise(() => undefined),
    close: async () => undefined,
  };
  return { monitor, history };
}

test("docker and ssh of the guest are wanted", () => {
  expect(wanted).toEqual([
    { hostPort: 1, guestPort: 2376 },
    { hostPort: 2, guestPort: 22 },
  ]);
});

test("what an earlier agent left right stays untouched", () => {
  expect(planForwards(wanted, wanted)).toEqual({ add: [], remove: [] });
});

test("a forward to another port of the guest is replaced, removal first", async () => {
  const { monitor, history } = monitorWith([{ hostPort: 1, guestPort: 80 }]);
  expect(await reconcileForwards(monitor, wanted, never)).toEqual([]);
  expect(history).toEqual(["remove 1", "add 1", "add 2"]);
});

test("a port that is taken is a reason, and the others are made", async () => {
  const { monitor, history } = monitorWith([], [1]);
  expect(await reconcileForwards(monitor, wanted, never)).toMatchObject([{ code: "port-taken" }]);
  expect(history).toEqual(["add 2"]);
});
