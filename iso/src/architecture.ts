import * as z from "zod/mini";

/** The architectures that an image can be made for. A second one is a row here and a lock beside the first. */
export const architectures = {
  x86_64: {
    /** dpkg's word. */
    debian: "amd64",
    /** Debian's library folder below /usr/lib. */
    triplet: "x86_64-linux-gnu",
    /** `e_machine` of its ELF files (elf.h). */
    elfMachine: 62,
    /** Jump filter of xz that shrinks its machine code. */
    bcj: "x86",
  },
} as const;

export const Architecture = z.enum(["x86_64"]);
export type Architecture = z.infer<typeof Architecture>;
