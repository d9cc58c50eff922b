import type { Messages } from "@lingui/core";

/** The English messages of the modules that are loaded so far; each adds its own (`tools/texts.ts`). */
export const texts: Messages = {};
