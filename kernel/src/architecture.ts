import * as z from "zod/mini";

/** The architectures that there are fragments for. A second one is a folder in `config/` and a row here. */
export const architectures = {
  x86_64: { make: "x86_64", image: "arch/x86/boot/bzImage", target: "bzImage" },
} as const;

export const Architecture = z.enum(["x86_64"]);
export type Architecture = z.infer<typeof Architecture>;
