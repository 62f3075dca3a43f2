/** What boot2docker-cli and docker-machine had, and this program has not: why, and how it is done now. */
export interface Refused {
  why: string;
  /** A sentence. */
  instead: string;
}

export const refusedVerbs: Readonly<Record<string, Refused>> = {
  download: {
    why: "the image comes with the program",
    instead: "Nothing has to be downloaded: `boot2docker version` says which image it has.",
  },
  upgrade: {
    why: "a machine starts with the image of the program that starts it",
    instead: "Install another boot2docker, then: boot2docker restart",
  },
  provision: {
    why: "nothing in a machine is made once and for all: each start makes it of its settings",
    instead: "To change them: boot2docker set KEY=VALUE",
  },
  save: {
    why: "the memory of a machine can't be kept yet",
    instead: "`boot2docker down` keeps all that is on its disk.",
  },
  suspend: {
    why: "the memory of a machine can't be kept yet",
    instead: "`boot2docker down` keeps all that is on its disk.",
  },
  shell: { why: "it has ssh's name", instead: "To open one: boot2docker ssh" },
  exec: { why: "it has ssh's name", instead: "To run a command in a machine: boot2docker ssh COMMAND" },
  edit: { why: "settings are of config", instead: "To edit them: boot2docker config edit" },
  resume: { why: "the memory of a machine can't be kept yet", instead: "To start it: boot2docker up" },
};

const onLoopback = "Ports of a machine are on 127.0.0.1, whatever network this host is in.";
export const noSwarm: Refused = {
  why: "the swarm of then is gone from Docker",
  instead: "In the machine: docker swarm init",
};
const ownDriver = "Leave it out: QEMU is the only driver, with the accelerator that this host has.";

export const swarmOption = /^--swarm/;
/** Of the drivers of docker-machine, those for which there is no row. */
export const driverOption =
  /^--(virtualbox|vmware[a-z]*|hyperv|xhyve|parallels|generic|kvm|qemu|amazonec2|azure|digitalocean|exoscale|google|openstack|rackspace|softlayer)-/;
export function refusedDriverOption(option: string): Refused {
  const [, meant] = /(memory|cpu|disk-size)/.exec(option) ?? [];
  const now = { memory: "--memory", cpu: "--cpus", "disk-size": "--disk-size" }[meant ?? ""];
  return { why: "there is one driver", instead: now === undefined ? ownDriver : `Write ${now}.` };
}

const noLimit: Refused = {
  why: "every wait has its own limit",
  instead: "A wait that fails says what it waited for, and what to do.",
};
const byOpenSsh = "OpenSSH's own client can, by what `boot2docker ssh-config` prints.";

/** By the verb and the option as it was given. */
export const refusedVerbOptions: Readonly<Record<string, Refused>> = {
  "active -t": noLimit,
  "active --timeout": noLimit,
  "mount -u": { why: "there is a verb for it", instead: "Write: boot2docker umount FOLDER" },
  "mount --unmount": { why: "there is a verb for it", instead: "Write: boot2docker umount FOLDER" },
  "cp -d": { why: "there is no rsync in a machine", instead: "boot2docker cp copies all of it." },
  "cp --delta": { why: "there is no rsync in a machine", instead: "boot2docker cp copies all of it." },
  "ssh -A": { why: "this host's ssh agent stays here", instead: byOpenSsh },
  "ssh -D": { why: "this is no proxy", instead: byOpenSsh },
  "ssh -R": {
    why: "a machine reaches this host by itself",
    instead: `A container finds it as host.docker.internal. ${byOpenSsh}`,
  },
  "ssh -i": { why: "every machine has a key of its own", instead: byOpenSsh },
  "ssh -o": { why: "ssh is built in", instead: byOpenSsh },
  "ssh -F": { why: "ssh is built in", instead: byOpenSsh },
  "ssh -l": { why: "a machine has one user who can log in: docker", instead: "As root: boot2docker ssh sudo COMMAND" },
  "ssh -p": { why: "it is known", instead: "Leave it out." },
  "ssh -X": { why: "there is no display", instead: byOpenSsh },
};

/** What they read of the environment, and what to do now. */
export const oldVariables: Readonly<Record<string, string>> = {
  BOOT2DOCKER_PROFILE: "defaults are edited by `boot2docker config edit --defaults`",
  MACHINE_STORAGE_PATH: "BOOT2DOCKER_DIR says where machines are kept",
  VIRTUALBOX_MEMORY_SIZE: "BOOT2DOCKER_MEMORY is read",
  VIRTUALBOX_CPU_COUNT: "BOOT2DOCKER_CPUS is read",
  VIRTUALBOX_DISK_SIZE: "BOOT2DOCKER_DISK_SIZE is read",
  ENGINE_REGISTRY_MIRROR: "there is `boot2docker init --engine-registry-mirror URL`",
};

/** By their long names. */
export const refusedOptions: Readonly<Record<string, Refused>> = {
  "--vm": { why: "a machine's name is an operand", instead: "For example: boot2docker up work" },
  "--iso": { why: "the image comes with the program", instead: "BOOT2DOCKER_IMAGE_DIR says where another one is." },
  "--iso-url": { why: "the image comes with the program", instead: "BOOT2DOCKER_IMAGE_DIR says where another one is." },
  "--disksize": { why: "it has a hyphen now", instead: "Write --disk-size." },
  "--sshport": { why: "it has a hyphen now", instead: "Write --ssh-port." },
  "--dockerport": { why: "it has a hyphen now", instead: "Write --docker-port." },
  "--driver": { why: "there is one driver", instead: ownDriver },
  "-d": { why: "there is one driver", instead: ownDriver },
  "--virtualbox-import-boot2docker-vm": {
    why: "a machine is made of a disk",
    instead: "For example: boot2docker init work --disk FILE",
  },
  "--virtualbox-share-folder": { why: "folders are shared by NFS now", instead: "Write --mount FOLDER." },
  "--virtualbox-no-share": { why: "folders are shared by NFS now", instead: "Write --mount none." },
  "--vbm": { why: "there is no VirtualBox", instead: ownDriver },
  "--vbox-share": {
    why: "folders are shared by NFS now",
    instead: "Write --mount FOLDER; your home is shared anyway.",
  },
  "--hostip": { why: "there is no host-only network", instead: onLoopback },
  "--netmask": { why: "there is no host-only network", instead: onLoopback },
  "--dhcp": { why: "there is no host-only network", instead: onLoopback },
  "--dhcpip": { why: "there is no host-only network", instead: onLoopback },
  "--lowerip": { why: "there is no host-only network", instead: onLoopback },
  "--upperip": { why: "there is no host-only network", instead: onLoopback },
  "--clobber": { why: "a file that is there is never written over", instead: "To begin anew: boot2docker delete" },
  "--force-upgrade-download": { why: "the image comes with the program", instead: "Nothing has to be downloaded." },
  "--ssh-keygen": { why: "keys are made by the program itself", instead: "Leave it out." },
  "--serialfile": { why: "the console is always there", instead: "To see it: boot2docker console" },
  "--basevmdk": {
    why: "a new disk is made empty",
    instead: "An old one is taken over by: boot2docker init --disk FILE",
  },
  "--storage-path": { why: "there is a variable for it", instead: "Set BOOT2DOCKER_DIR." },
  "--native-ssh": { why: "ssh is built in", instead: "Leave it out." },
  "--github-api-token": { why: "nothing is downloaded from GitHub", instead: "Leave it out." },
  "--bugsnag-api-token": { why: "nothing is reported to anybody", instead: "Leave it out." },
  "--tls-ca-cert": {
    why: "the CA is in the root directory",
    instead: "Another one: boot2docker regenerate-certs --ca",
  },
  "--tls-ca-key": { why: "the CA is in the root directory", instead: "Leave it out." },
  "--tls-client-cert": { why: "a machine's directory has it", instead: "Leave it out." },
  "--tls-client-key": { why: "a machine's directory has it", instead: "Leave it out." },
  "--init": { why: "`up` makes the machine anyway", instead: "Leave it out." },
  "--url": { why: "there is one driver", instead: ownDriver },
  "-s": { why: "there is a variable for it", instead: "Set BOOT2DOCKER_DIR." },
  "-D": { why: "it is another word now", instead: "Write --verbose, behind the verb." },
  "--debug": { why: "it is another word now", instead: "Write --verbose, behind the verb." },
  "--ssh": { why: "ssh is built in", instead: "The key is in the machine's directory: boot2docker inspect" },
  "--sshkey": {
    why: "every machine has a key of its own",
    instead: "Where it is: boot2docker inspect --format '{{.Files.SshKey}}'",
  },
  "--waittime": noLimit,
  "--retries": noLimit,
  "--serial": { why: "the console is always there", instead: "To see it: boot2docker console" },
  "--client-certs": { why: "both certificates are made anew", instead: "Leave it out." },
  "--tls-san": { why: "a machine answers on the loopback alone", instead: onLoopback },
  "--engine-install-url": { why: "Docker is part of the image", instead: "`boot2docker version` says which one." },
};
