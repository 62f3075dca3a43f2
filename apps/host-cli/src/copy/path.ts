/** A path as somebody wrote it, taken apart. */
export interface TreePath {
  /** Without slashes at its end. */
  path: string;
  /** Its last part; empty where that names nothing: `/`, `.`, `..`. */
  name: string;
  /** The folder that it is in. */
  parent: string;
  /** It ends in a slash. */
  mustBeFolder: boolean;
}

export type PathStyle = "posix" | "windows";

export function parsePath(text: string, style: PathStyle): TreePath {
  const written = style === "windows" ? text.replaceAll("\\", "/") : text;
  // The slash of `/` and of `C:/` is no end of a name.
  const end = style === "windows" ? /(?<=[^/:])\/+$/ : /(?<=[^/])\/+$/;
  const path = written.replace(end, "");
  const cut = path.lastIndexOf("/") + 1;
  const last = path.slice(cut);
  return {
    path,
    name: last === "." || last === ".." ? "" : last,
    parent: cut === 0 ? "." : path.slice(0, cut).replace(end, ""),
    mustBeFolder: written.endsWith("/"),
  };
}

export function joinPath(folder: string, name: string): string {
  return folder.endsWith("/") ? `${folder}${name}` : `${folder}/${name}`;
}

/** Whether a file in a folder can have that name: what a guest calls its files must not lead out of that folder. */
export function isFileName(name: string, style: PathStyle): boolean {
  if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) return false;
  return style === "posix" || (!/[<>:"\\|?*\u0001-\u001f]|[. ]$/.test(name) && !windowsDevice.test(name));
}

const windowsDevice = /^(aux|con|nul|prn|com\d|lpt\d)(\.|$)/i;
