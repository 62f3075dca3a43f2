/** Where things are in the guest. The layout of the data disk is that of old boot2docker disks (PER-13). */
export const DATA_MOUNT = "/mnt/data";
export const DATA_DIRS = ["/var/lib/docker", "/var/lib/containerd", "/var/lib/boot2docker"] as const;
export const OWN_DATA = "/var/lib/boot2docker";
export const LOG_DIR = `${OWN_DATA}/log`;
export const TLS_DIR = `${OWN_DATA}/tls`;
export const SSH_DIR = `${OWN_DATA}/ssh`;
export const SSH_HOST_KEY = `${SSH_DIR}/ed25519_host_key`;
export const PROFILE = `${OWN_DATA}/profile`;
/** What /etc/docker leads to, so that it outlives the machine's memory. */
export const DOCKER_ETC = `${OWN_DATA}/etc/docker`;
export const USERDATA_TAR = `${OWN_DATA}/userdata.tar`;
export const FIRST_IMAGE_MARK = `${OWN_DATA}/state/first-image-loaded`;

/** In memory: lives as long as the kernel, so a restarted guest-init finds it and a rebooted machine does not. */
export const RUN_DIR = "/run/guest-init";
export const EVENTS_FILE = `${RUN_DIR}/events.jsonl`;
export const SERVICES_FILE = `${RUN_DIR}/services.json`;
/** Holds the mode of a shutdown that has begun: a guest-init that is started in the middle of it goes on with it. */
export const SHUTDOWN_FILE = `${RUN_DIR}/shutdown`;
export const PID_FILE = `${RUN_DIR}/pid`;
export const ENGINE_CONFIG_FILE = `${RUN_DIR}/daemon.json`;
export const CONTAINERD_CONFIG_FILE = `${RUN_DIR}/containerd.toml`;
/** Which DHCP told, one line. */
export const NTP_SERVERS_FILE = `${RUN_DIR}/ntp-servers`;
/** Pipes between guest-init and what dockerd starts as docker-proxy: docker-proxy.ts. */
export const PORTS_DIR = `${RUN_DIR}/ports`;
export const DOCKER_PROXY = `${RUN_DIR}/docker-proxy`;
export const EARLY_LOG = `${RUN_DIR}/guest-init.log`;

export const DOCKER_SOCKET = "/run/docker.sock";
/** Where dockerd looks for its plug-ins' sockets. */
export const DOCKER_PLUGINS = "/run/docker/plugins";
export const CONTAINERD_SOCKET = "/run/containerd/containerd.sock";
/** An archive of `docker save` in three pieces: the program in it is on board already (iso/src/busybox-image.ts). */
export const FIRST_IMAGE = [
  "/usr/share/boot2docker/busybox-image.head",
  "/usr/bin/busybox",
  "/usr/share/boot2docker/busybox-image.tail",
] as const;
export const OS_RELEASE = "/usr/lib/os-release";
/** Of the virtio-serial port. */
export const PORT_NAME = "boot2docker.0";
