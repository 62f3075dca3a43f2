/**
 * Every message between host and guest, in one table: `docs/protocol.md` explains them, `rpc.ts` carries them.
 *
 * Unknown fields are dropped, so that a newer peer may add some. A field that an older peer does not send is optional
 * here. Text is bounded by the frame limit.
 */
import * as z from "zod/mini";

const isoTime = z.iso.datetime();
const count = z.int().check(z.nonnegative());
const portNumber = z.int().check(z.minimum(1), z.maximum(65_535));
const ipAddress = z.union([z.ipv4(), z.ipv6()]);
const nonce = z.string().check(z.minLength(1), z.maxLength(128));

/** A folder of the host that the guest has at the same path. */
export const Folder = z.object({
  /** Absolute, without `.`, `..` or a slash at its end. */
  path: z.string().check(z.minLength(2), z.maxLength(1024)),
  readOnly: z.boolean(),
});
export type Folder = z.infer<typeof Folder>;

/** What the guest may be told by the host that owns it. Its owner's own secrets may be in `engine.env`, and in nothing else. */
export const GuestConfig = z.object({
  /** Host name of the guest; a DNS label. */
  hostname: z.string(),
  dataDisk: z.object({
    /** Serial number of the block device that the host made for this machine. */
    serial: z.string(),
    /** The host allows this very disk to be formatted when it is blank. */
    formatIfBlank: z.boolean(),
  }),
  network: z.discriminatedUnion("mode", [
    z.object({ mode: z.literal("dhcp") }),
    z.object({
      mode: z.literal("static"),
      /** CIDR notation, for example 10.0.2.15/24. */
      address: z.string(),
      gateway: z.string(),
      dns: z.array(z.string()),
      /** By which the guest reaches what listens on the host's loopback; absent: it does not. */
      hostAddress: z.optional(ipAddress),
    }),
  ]),
  /** Lines of authorized_keys for the user `docker`. */
  authorizedKeys: z.array(z.string()),
  /** Ports that the engine hands out by itself (`docker run -P`); absent: Docker's own choice. */
  dynamicPorts: z.optional(z.object({ first: portNumber, last: portNumber })),
  /** Of authorities that the host trusts beyond those that everybody does, in PEM. Absent: none. */
  authorities: z.optional(z.array(z.string())),
  /** Absent: none. */
  folders: z.optional(
    z.object({
      /** Of the guest's 127.0.0.1, where the host has its NFS server answer. */
      port: portNumber,
      list: z.array(Folder),
    }),
  ),
  /** What the machine's owner wants of the engine. Docker's reference explains the keys of daemon.json. */
  engine: z.optional(
    z.object({
      daemon: z.record(z.string(), z.unknown()),
      /** Environment variables of dockerd. */
      env: z.record(z.string(), z.string()),
    }),
  ),
});
export type GuestConfig = z.infer<typeof GuestConfig>;

export const ServiceName = z.enum(["containerd", "dockerd", "sshd"]);
export type ServiceName = z.infer<typeof ServiceName>;

/** `running` says that the process lives, `ready` that it answers. */
export const ServiceState = z.enum(["stopped", "starting", "running", "ready", "backoff", "failed", "stopping"]);
export type ServiceState = z.infer<typeof ServiceState>;

export const Reason = z.object({
  /** Stable and machine-readable, for example `data-disk-foreign`. */
  code: z.string(),
  message: z.string(),
  hint: z.optional(z.string()),
});
export type Reason = z.infer<typeof Reason>;

export const Lifecycle = z.discriminatedUnion("name", [
  z.object({ name: z.literal("starting"), phase: z.string(), unmet: z.array(z.string()) }),
  z.object({ name: z.literal("ready") }),
  z.object({ name: z.literal("degraded"), reasons: z.array(Reason) }),
  z.object({ name: z.literal("rescue"), reason: Reason }),
  z.object({ name: z.literal("stopping") }),
]);
export type Lifecycle = z.infer<typeof Lifecycle>;

/** The guest's whole observed state; sent in full each time, so that no message depends on an earlier one. */
export const GuestState = z.object({
  /** Of the event that this state includes. */
  sequence: count,
  lifecycle: Lifecycle,
  uptimeMs: count,
  services: z.array(
    z.object({
      name: ServiceName,
      state: ServiceState,
      /** Absent while no process runs. */
      pid: z.optional(count),
      restarts: count,
      /** Why it is not ready, when it should be. */
      detail: z.optional(z.string()),
    }),
  ),
  /** Absent until the data disk is mounted. */
  dataDisk: z.optional(z.object({ device: z.string(), sizeBytes: count, freeBytes: count, readOnly: z.boolean() })),
  /** Public host keys of the ssh server in authorized_keys form; empty until it has them. */
  sshHostKeys: z.array(z.string()),
  /** IPv4 and IPv6 addresses of the guest's own interfaces, without loopback and Docker's. */
  addresses: z.array(z.string()),
  /** Folders of the host that are mounted; absent in a guest that knows of none. */
  folders: z.optional(z.array(Folder)),
  /** Version of dockerd; absent until it answered. */
  engineVersion: z.optional(z.string()),
});
export type GuestState = z.infer<typeof GuestState>;

export const GuestEvent = z.object({
  /** Counts from 1 in each boot, without gaps. */
  sequence: count,
  at: isoTime,
  uptimeMs: count,
  /** For example `phase.started`, `task.failed`, `service.state`. */
  name: z.string(),
  fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type GuestEvent = z.infer<typeof GuestEvent>;

/** What a container has published: a port that the host is to answer on. */
export const PublishedPort = z.object({
  protocol: z.enum(["tcp", "udp"]),
  /** As asked for: an address of the host, or 0.0.0.0 or :: for whatever the host takes for all. */
  hostAddress: ipAddress,
  hostPort: portNumber,
  /** Where the guest takes it and passes it on to the container. */
  guestPort: portNumber,
  containerAddress: ipAddress,
  containerPort: portNumber,
});
export type PublishedPort = z.infer<typeof PublishedPort>;

/** One that the host cannot answer on, and why. */
export const RefusedPort = z.object({
  protocol: PublishedPort.shape.protocol,
  hostAddress: PublishedPort.shape.hostAddress,
  hostPort: portNumber,
  reason: Reason,
});
export type RefusedPort = z.infer<typeof RefusedPort>;

const empty = z.object({});

/** Requests that the host sends and the guest answers. */
export const guestMethods = {
  "state.get": { params: empty, result: GuestState },
  /**
   * Events after `sequence` that the guest still has, oldest first, as many as fit a frame: ask again until there are
   * none. `lost` counts those it dropped.
   */
  "events.since": {
    params: z.object({ sequence: count }),
    result: z.object({ events: z.array(GuestEvent), lost: count }),
  },
  /**
   * A piece of a log, at most `maxBytes` from `offset` (a negative offset counts from the end). `nextOffset` is where
   * the next piece starts; an empty `text` says that there is no more yet. The guest answers with fewer bytes rather
   * than split a character or pass `limits.logBytes`.
   */
  "logs.read": {
    params: z.object({
      service: z.union([ServiceName, z.literal("guest-init"), z.literal("kernel")]),
      offset: z.int(),
      maxBytes: count,
    }),
    result: z.object({ text: z.string(), nextOffset: count }),
  },
  /** Has the guest ask for its configuration again. Answered when it has done what it could to be as that says. */
  "config.apply": { params: empty, result: empty },
  /**
   * What changed on the host in folders that are watched there: the guest says so to whoever watches them in it. Times are in
   * nanoseconds since 1970, as the host's file system has them. What is not there any more is left out.
   */
  "folders.touch": {
    params: z.object({
      changes: z
        .array(z.object({ path: Folder.shape.path, modifiedNs: z.string().check(z.regex(/^\d{1,20}$/)) }))
        .check(z.maxLength(512)),
    }),
    result: empty,
  },
  /** Answered when the shutdown was started; the end of the channel says that it is done. */
  shutdown: { params: z.object({ mode: z.enum(["poweroff", "reboot"]) }), result: empty },
  /** Sets or slews the guest's clock to the host's. `offsetMs` is what the guest was off, guest minus host. */
  "clock.set": { params: z.object({ now: isoTime }), result: z.object({ offsetMs: z.number() }) },
  /**
   * Has the guest ask for another server certificate and start its engine anew with it; containers go on. Answered when the
   * engine serves with it.
   */
  "certificate.renew": { params: empty, result: empty },
  /** Lets the data disk's file system have all of its disk. `sizeBytes` is its size then. */
  "disk.grow": { params: empty, result: z.object({ sizeBytes: count }) },
  /** Tells the host which blocks of the data disk are free. */
  "disk.trim": { params: empty, result: z.object({ trimmedBytes: count }) },
} as const;

/** Requests that the guest sends and the host answers. */
export const hostMethods = {
  "config.get": { params: empty, result: GuestConfig },
  /**
   * A server certificate for the guest's own key. The host takes nothing but the key from the request: names, usages
   * and dates are its own decision.
   */
  "certificate.issue": {
    params: z.object({ publicKeyPem: z.string() }),
    result: z.object({ certificatePem: z.string(), caPem: z.string() }),
  },
  /**
   * Has the host's NFS server answer on the port that the configuration names, by way of the guest's ssh server, which has these
   * host keys. Answered when it does.
   */
  "folders.connect": { params: z.object({ sshHostKeys: z.array(z.string()) }), result: empty },
  /**
   * What a name means to the host: the addresses that its programs find, of both families; none when it means nothing there.
   * The host's own loopback is said as the address that leads there.
   */
  "names.resolve": {
    params: z.object({ name: z.string().check(z.minLength(1), z.maxLength(255)) }),
    result: z.object({ addresses: z.array(ipAddress) }),
  },
  /**
   * All ports that containers have published now: the host answers on these and on no others. Answered when it does, with
   * those on which it cannot.
   */
  "ports.publish": {
    params: z.object({ ports: z.array(PublishedPort) }),
    result: z.object({ refused: z.array(RefusedPort) }),
  },
} as const;

/** What the guest says without being asked. A notification is a hint: whoever missed it asks `state.get`. */
export const guestNotifications = {
  "state.changed": GuestState,
  event: GuestEvent,
} as const;

/** Requests that the host agent answers to a process of the same user: the guest's own, passed through, and its own. */
export const agentMethods = {
  ...guestMethods,
  "agent.status": {
    params: empty,
    result: z.object({
      pid: count,
      /** Absent while no VM runs. */
      vmPid: z.optional(count),
      guestConnected: z.boolean(),
      /** Why the guest is not connected, when it should be. */
      detail: z.optional(z.string()),
      /** What the agent wants and could not get, for example a port of the host; absent when there is nothing. */
      problems: z.optional(z.array(Reason)),
    }),
  },
  /** What the guest has published, and what the host makes of it. */
  "ports.list": {
    params: empty,
    result: z.object({
      ports: z.array(
        z.extend(PublishedPort, {
          /** Where the host answers; absent when it does not. */
          listensOn: z.optional(z.string()),
          /** Why it does not. */
          refusal: z.optional(Reason),
        }),
      ),
    }),
  },
} as const;

/**
 * First message of each side in a session, as the notification `hello`. `nonce` is fresh; `echo` is the nonce of the
 * last hello seen from the peer. The session exists once a hello with the own nonce as `echo` arrived: whatever came
 * before is of an older session and is dropped. The fields that are here now keep their meaning in every version.
 */
export const Hello = z.object({
  role: z.enum(["guest", "host", "client"]),
  protocol: z.object({ min: count, max: count }),
  nonce,
  echo: z.optional(nonce),
  /** The sender saw its own nonce echoed: it needs no further hello. */
  established: z.optional(z.boolean()),
  /** Version of the product that speaks; for a guest that of its image. */
  version: z.string(),
  /** Fresh for each boot of the guest; only in a guest's hello. */
  bootId: z.optional(z.string()),
  /** The sender's clock: the guest takes the host's before it checks any certificate. */
  now: isoTime,
  /** Optional abilities by name; unknown ones are ignored. */
  features: z.array(z.string()),
});
export type Hello = z.infer<typeof Hello>;
