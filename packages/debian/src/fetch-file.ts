import { runTool } from "./tool.ts";

const aptHelper = { command: "/usr/lib/apt/apt-helper", package: "apt" };

/**
 * Downloads one file as apt would: with the machine's proxies, credentials and transports, which a client of our own
 * would not know. Whoever calls checks the bytes.
 */
export async function fetchFile(url: string, target: string, signal: AbortSignal): Promise<void> {
  const options = [
    "-o",
    "Acquire::Retries=1",
    "-o",
    "Acquire::Retries::Delay=false",
    "-o",
    "Acquire::http::Timeout=20",
    "-o",
    "Acquire::https::Timeout=20",
  ];
  // apt's own user could not write to the caller's folder; without this it only warns about that.
  options.push("-o", "APT::Sandbox::User=root");
  try {
    await runTool(aptHelper, [...options, "download-file", url, target], {}, signal);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const reason = /^E: (Failed to fetch .*)$/m.exec(error.message)?.[1];
    throw reason === undefined ? error : new Error(reason, { cause: error });
  }
}
