/** Rules are tested in Node; what has a DOM, and how the kit looks, in the machine's Chromium. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, mergeConfig } from "vitest/config";
import app from "./vite.config.ts";

// Far from UTC, so that a test notices where the reader's clock slips in for the game's.
const TZ = "Pacific/Auckland";
const MESSAGES = "src/messages/index.ts";

/** The browser that all other browser tests use, too. */
function chromium(): string {
  const root = join(import.meta.dirname, "..");
  const words = [join(root, "tools", "browser.py")];
  return execFileSync(join(root, ".venv", "bin", "python"), words, { encoding: "utf8" }).trim();
}

/** Letters look the same on every machine: no hints, no colours of sub-pixels. */
const SAME_PICTURE = [
  "--font-render-hinting=none",
  "--disable-lcd-text",
  "--force-color-profile=srgb",
  "--disable-gpu",
  "--no-sandbox",
];

export default mergeConfig(
  app,
  defineConfig({
    // Pictures of pages show the badges of the game's own registry.
    server: { fs: { allow: [".", "../src/tbg/registry"] } },
    test: {
      attachmentsDir: "test-results",
      teardownTimeout: 30_000,
      projects: [
        {
          extends: true,
          test: {
            name: "node",
            include: ["src/**/*.test.{ts,tsx}"],
            exclude: ["src/**/*.dom.test.tsx"],
            environment: "node",
            setupFiles: [MESSAGES],
            env: { TZ },
          },
        },
        {
          extends: true,
          // All packages are found before the first test: one found later loads React twice.
          optimizeDeps: { entries: ["src/**/*.{ts,tsx}"] },
          test: {
            name: "browser",
            // A machine that does other things as well is slow, not wrong.
            testTimeout: 30_000,
            expect: { poll: { timeout: 10_000 } },
            include: ["src/**/*.dom.test.tsx"],
            setupFiles: [MESSAGES, "src/start.ts"],
            browser: {
              enabled: true,
              headless: true,
              screenshotFailures: false,
              provider: playwright({
                launchOptions: { executablePath: chromium(), args: SAME_PICTURE },
                contextOptions: {
                  timezoneId: TZ,
                  locale: "en-GB",
                  reducedMotion: "reduce",
                  // Room for the tallest picture: what does not fit would be drawn smaller.
                  viewport: { width: 1320, height: 4000 },
                },
              }),
              instances: [{ browser: "chromium" }],
              expect: {
                toMatchScreenshot: {
                  timeout: 20_000,
                  comparatorName: "pixelmatch",
                  comparatorOptions: { threshold: 0.06, allowedMismatchedPixels: 100 },
                  resolveScreenshotPath: ({ root, arg, ext }) =>
                    join(root, "looks", `${arg}${ext}`),
                  resolveDiffPath: ({ root, arg, ext }) =>
                    join(root, "test-results", "looks", `${arg}${ext}`),
                },
              },
            },
          },
        },
      ],
    },
  }),
);
