/** Flags of mount(2) by their names in fstab; values from linux/mount.h. What is not here is for the file system. */
const FLAGS: Readonly<Record<string, number>> = {
  ro: 1,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  remount: 32,
  noatime: 1024,
  bind: 4096,
  rec: 16384,
  private: 1 << 18,
  shared: 1 << 20,
  relatime: 1 << 21,
};

/** `ro,mode=755` → the flags of mount(2) and the text that the file system parses. */
export function parseMountOptions(options: string): { flags: number; data: string } {
  let flags = 0;
  const data: string[] = [];
  for (const option of options.split(",").filter((text) => text !== "")) {
    const flag = FLAGS[option];
    if (flag === undefined) data.push(option);
    else flags |= flag;
  }
  return { flags, data: data.join(",") };
}
