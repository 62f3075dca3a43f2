import type { FileFacts } from "../host.ts";
import type { PathStyle } from "./path.ts";

export type TreeFacts = Omit<FileFacts, "allocatedBytes">;

/** The files of this host or of a guest, as far as copying needs them. What fails is a UserError that names the file. */
export interface FileTree {
  /** Absent for this host. */
  readonly machine?: string;
  readonly style: PathStyle;
  /** Of the path itself, be it a symbolic link. Undefined when there is nothing. */
  facts(path: string): Promise<TreeFacts | undefined>;
  /** What symbolic links lead to. Undefined when there is nothing. */
  follow(path: string): Promise<{ path: string; facts: TreeFacts } | undefined>;
  /** As they are said to be called: a guest may say anything. */
  list(folder: string): Promise<{ name: string; facts: TreeFacts }[]>;
  readLink(path: string): Promise<string>;
  /** With that mode, less what the user's umask takes. Fails when there is something. */
  makeFolder(path: string, mode: number): Promise<void>;
  /** Fails when there is something. Errors speak of `meant`, for which `path` is a temporary name. */
  makeLink(leadsTo: string, path: string, meant: string): Promise<void>;
  /** Permission bits and time of a folder. */
  finishFolder(path: string, facts: TreeFacts): Promise<void>;
  open(path: string): Promise<OpenFile>;
  /** A new file for this user alone. Fails when there is something, if only a symbolic link. Errors speak of `meant`. */
  create(path: string, meant: string): Promise<OpenFile>;
  /** Replaces a file or a symbolic link. */
  rename(from: string, to: string): Promise<void>;
  /** A file or a symbolic link. */
  remove(path: string): Promise<void>;
}

export interface OpenFile {
  /** How many bytes it got, 0 at the end; may be fewer than fit. */
  read(buffer: Uint8Array, at: number): Promise<number>;
  write(bytes: Uint8Array, at: number): Promise<void>;
  /** Permission bits and time. */
  finish(facts: TreeFacts): Promise<void>;
  close(): Promise<void>;
}
