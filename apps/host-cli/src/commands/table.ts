import { active } from "./active.ts";
import { agent } from "./agent.ts";
import { autostart } from "./autostart.ts";
import { remove } from "./delete.ts";
import { certs } from "./certs.ts";
import { complete } from "./complete.ts";
import { completion } from "./completion.ts";
import { config } from "./config.ts";
import { console } from "./console.ts";
import { context } from "./context.ts";
import { cp } from "./cp.ts";
import { describe } from "./describe.ts";
import { regenerateCerts } from "./regenerate-certs.ts";
import { disk } from "./disk.ts";
import { down } from "./down.ts";
import { env } from "./env.ts";
import { events } from "./events.ts";
import { init } from "./init.ts";
import { inspect } from "./inspect.ts";
import { ip } from "./ip.ts";
import { issueCertificate } from "./issue-certificate.ts";
import { list } from "./list.ts";
import { logs } from "./logs.ts";
import { mount } from "./mount.ts";
import { ports } from "./ports.ts";
import { poweroff } from "./poweroff.ts";
import { reset } from "./reset.ts";
import { restart } from "./restart.ts";
import { set } from "./set.ts";
import { ssh } from "./ssh.ts";
import { sshConfig } from "./ssh-config.ts";
import { status } from "./status.ts";
import { timeline } from "./timeline.ts";
import { umount } from "./umount.ts";
import { up } from "./up.ts";
import { url } from "./url.ts";
import { version } from "./version.ts";
import type { Verb } from "./verb.ts";

/** Every verb by its name. The program, its help and docs/cli.md are made of this table. */
export const verbs = {
  init,
  up,
  down,
  restart,
  poweroff,
  reset,
  list,
  active,
  status,
  inspect,
  ip,
  url,
  ports,
  mount,
  umount,
  context,
  env,
  ssh,
  "ssh-config": sshConfig,
  cp,
  console,
  logs,
  events,
  timeline,
  config,
  set,
  disk,
  certs,
  "regenerate-certs": regenerateCerts,
  autostart,
  delete: remove,
  version,
  completion,
  describe,
  agent,
  complete,
  "issue-certificate": issueCertificate,
} as const satisfies Record<string, Verb>;
