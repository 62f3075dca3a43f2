import { type Daemon, parseEngineFlags } from "./engine-flags.ts";
import { type EngineSource, mergeDaemon } from "./engine-settings.ts";
import { parseAssignments } from "./shell-assignments.ts";

/** What a variable of the ancestors' profile does here (DKR-03). Returns what is wrong with its value. */
type Meaning = (value: string, wanted: { daemon: Daemon }) => readonly string[];

const nothing: Meaning = () => [];

const MEANINGS: Readonly<Record<string, Meaning>> = {
  EXTRA_ARGS: (value, wanted) => {
    const { daemon, problems } = parseEngineFlags(value.split(/\s+/).filter((word) => word !== ""));
    wanted.daemon = mergeDaemon(wanted.daemon, daemon);
    return problems;
  },
  DOCKER_STORAGE: (value, wanted) => {
    if (value === "" || value === "auto") return [];
    if (value === "aufs") return ["aufs is gone from Docker; overlay2 is used"];
    wanted.daemon = mergeDaemon(wanted.daemon, { "storage-driver": value });
    return [];
  },
  DOCKER_ULIMITS: (value, wanted) => {
    if (!/^\d{1,10}$/.test(value)) return [`expected a number of files, not ${JSON.stringify(value)}`];
    const limit = Number(value);
    wanted.daemon = mergeDaemon(wanted.daemon, {
      "default-ulimits": { nofile: { Name: "nofile", Soft: limit, Hard: limit } },
    });
    return [];
  },
  DOCKER_TLS: (value) =>
    ["", "auto", "yes"].includes(value)
      ? []
      : ["the engine is reached with mutual TLS only; `boot2docker env` sets it"],
  DOCKER_HOST: (value) =>
    /^\s*((-H[= ]?|--host[= ])?tcp:\/\/0\.0\.0\.0:2376\s*)?$/.test(value)
      ? []
      : ["the engine listens on port 2376 with mutual TLS, and on its unix socket"],
  DOCKER_DIR: (value) => (value === "/var/lib/docker" ? [] : ["the engine's data is in /var/lib/docker"]),
  DOCKER_LOGFILE: () => ["the engine's log is what `boot2docker logs dockerd` shows"],
  ...Object.fromEntries(
    // Certificates are the host's decision, and docker-machine wrote these on every disk: not worth a word.
    [
      ...["CACERT", "CAKEY", "CASRL", "CAORG", "CERT", "CERTDIR", "CERT_INTERFACES", "CSR", "KEY", "ORG"],
      ...["SERVERCERT", "SERVERCSR", "SERVERKEY", "SERVERORG", "DOCKER_REMOTE"],
      "NTP_SERVER", // time-keeper.ts
    ].map((name) => [name, nothing]),
  ),
};

const PROXY = /^(https?|no)_proxy$/i;

/** The ancestors' `profile`, which was a shell script: its variables are read, its commands are not carried out. */
export function parseProfile(text: string): EngineSource {
  const { assignments, problems } = parseAssignments(text);
  const variables = new Map<string, { value: string; isExported: boolean }>();
  for (const { name, value, isExported } of assignments) {
    variables.set(name, { value, isExported: isExported || variables.get(name)?.isExported === true });
  }
  const wanted: { daemon: Daemon } = { daemon: {} };
  const env: Record<string, string> = {};
  const proxies: Record<string, string> = {};
  for (const [name, { value, isExported }] of variables) {
    const meaning = Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined;
    if (meaning !== undefined) problems.push(...meaning(value, wanted).map((problem) => `${name}: ${problem}`));
    else if (PROXY.test(name)) proxies[name.toLowerCase().replace("_", "-")] = value;
    else if (isExported) env[name] = value;
    // Others only served to make up the value of one of these.
  }
  const daemon = Object.keys(proxies).length === 0 ? wanted.daemon : mergeDaemon(wanted.daemon, { proxies });
  return { name: "profile", daemon, env, problems };
}
