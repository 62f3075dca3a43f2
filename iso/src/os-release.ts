/** Which machine this is, for people and for docker-machine, which looks for `ID=boot2docker` (os-release(5), BLD-11). */
export function renderOsRelease(version: string, dockerVersion: string): string {
  return `NAME="Boot2Docker"
ID=boot2docker
ID_LIKE=debian
VERSION="${version}"
VERSION_ID="${version}"
PRETTY_NAME="Boot2Docker ${version} (Docker ${dockerVersion})"
`;
}

/** Docker's own part of Debian's version: `28.5.2+dfsg4-5` → `28.5.2`. */
export function upstreamVersion(debianVersion: string): string {
  return debianVersion.replace(/^\d+:/, "").replace(/[+~-].*$/, "");
}
