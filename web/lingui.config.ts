import { defineConfig } from "@lingui/cli";
import { formatter } from "@lingui/format-po";

export default defineConfig({
  sourceLocale: "en",
  locales: ["en"],
  catalogs: [
    {
      path: "<rootDir>/src/messages/locales/{locale}",
      include: ["<rootDir>/src"],
      // Only those who build pages see the gallery.
      exclude: ["**/gallery/**", "**/*.test.*"],
    },
  ],
  // A line that moves changes no catalogue, and the order is the same on every machine.
  format: formatter({ lineNumbers: false }),
  orderBy: "message",
});
