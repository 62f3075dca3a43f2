import { isIPv4, isIPv6 } from "./ip-address.ts";
import { PORTS_DIR } from "./paths.ts";

/** What dockerd asks of a docker-proxy, which it starts for each port that a container publishes. */
export interface ProxyRequest {
  protocol: "tcp" | "udp";
  /** 0.0.0.0 and :: stand for every address. */
  hostAddress: string;
  hostPort: number;
  containerAddress: string;
  containerPort: number;
}

/** Lines `PID ARGUMENT …`: docker-proxy's own arguments. */
export const REQUESTS_PIPE = `${PORTS_DIR}/requests`;
/** Where one that waits hears `yes`, or `no` and why. */
export const answerPipe = (pid: number): string => `${PORTS_DIR}/${pid}.answer`;
/** Held open by a docker-proxy for as long as it lives. */
export const leasePipe = (pid: number): string => `${PORTS_DIR}/${pid}.lease`;

/** Below the 16 s after which dockerd gives up. */
const ANSWER_LIMIT_S = 12;

/**
 * Stands in docker-proxy's place: asks whether the host can answer on the port, then becomes docker-proxy. dockerd waits for
 * what is said on descriptor 3, `0` or `1` and why not, before it starts the container: cmd/docker-proxy of moby. A pipe
 * that is opened to read and write does not wait for the other end. Without an answer the container starts all the same.
 */
export const DOCKER_PROXY_TEXT = `#!/usr/bin/busybox sh
lease=${PORTS_DIR}/$$.lease answer=${PORTS_DIR}/$$.answer
if mkfifo -m 600 "$lease" "$answer"; then
  exec 5<>${REQUESTS_PIPE} 6<>"$lease" 7<>"$answer"
  echo "$$ $*" >&5
  read -r -t ${ANSWER_LIMIT_S} said <&7
  rm -f "$answer"
  exec 5>&- 7>&-
  case "$said" in
  no\\ *)
    rm -f "$lease"
    printf '1\\n%s' "\${said#no }" >&3
    exit 1
    ;;
  esac
fi
exec /usr/sbin/docker-proxy "$@"
`;

/** Of a command line, whatever comes before the first option. Undefined for what is not carried, such as SCTP. */
export function parseProxyArguments(words: readonly string[]): ProxyRequest | undefined {
  const valueOf = (option: string): string => {
    const at = words.indexOf(option);
    return at === -1 ? "" : (words[at + 1] ?? "");
  };
  const protocol = valueOf("-proto");
  const [hostAddress, containerAddress] = [valueOf("-host-ip"), valueOf("-container-ip")];
  const [hostPort, containerPort] = [Number(valueOf("-host-port")), Number(valueOf("-container-port"))];
  const isAddress = (text: string): boolean => isIPv4(text) || isIPv6(text);
  if (protocol !== "tcp" && protocol !== "udp") return undefined;
  if (!isAddress(hostAddress) || !isAddress(containerAddress) || !isPort(hostPort) || !isPort(containerPort)) {
    return undefined;
  }
  return { protocol, hostAddress, hostPort, containerAddress, containerPort };
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535;
}
