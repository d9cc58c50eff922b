/**
 * Lighthouse's four marks of the landing page and of a miner's page, as a phone with a slow network
 * sees them and as a desk does. Each must reach 95. The game must be up; `make audit` calls this.
 * Usage: node audit.mjs CHROMIUM [URL]
 */
import process from "node:process";
import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";

const LEAST = 95;
const RUNS = 3;
const MARKS = ["performance", "accessibility", "best-practices", "seo"];
const [chromium, given] = process.argv.slice(2);
const url = given || "http://127.0.0.1:8000";

async function pages() {
  const answer = await globalThis.fetch(`${url}/api/v1/public/stats`).catch(() => null);
  if (!answer?.ok) {
    process.stderr.write(`audit: no game answers at ${url}: run make up, or name another URL\n`);
    process.exit(2);
  }
  const { wall } = await answer.json();
  const [miner] = wall;
  return miner ? ["/", `/m/${miner.user}`] : ["/"];
}

/** What cost points: the audits that weigh something and are not perfect. */
function faults({ categories, audits }) {
  return Object.values(categories).flatMap(({ auditRefs }) =>
    auditRefs
      .filter(({ id, weight }) => weight > 0 && (audits[id].score ?? 1) < 0.9)
      .map(({ id }) => `${id}: ${audits[id].title} ${audits[id].displayValue ?? ""}`.trim()),
  );
}

/** The middle one of three: a machine that does other things as well is slow, not the page. */
async function median(page, port, config) {
  const options = { port, logLevel: "error", onlyCategories: MARKS };
  const runs = [];
  for (let run = 0; run < RUNS; run += 1) {
    const { lhr } = await lighthouse(page, options, config);
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    runs.push(lhr);
  }
  runs.sort((a, b) => a.categories.performance.score - b.categories.performance.score);
  return runs[Math.floor(RUNS / 2)];
}

const paths = await pages();
const chrome = await launch({
  chromePath: chromium,
  chromeFlags: ["--headless", "--no-sandbox", "--disable-gpu"],
});
let poor = false;
try {
  for (const path of paths) {
    for (const [form, config] of [
      ["phone", undefined],
      ["desk", desktopConfig],
    ]) {
      const lhr = await median(url + path, chrome.port, config);
      const marks = Object.values(lhr.categories).map(({ title, score }) => {
        const mark = Math.round(100 * (score ?? 0));
        poor ||= mark < LEAST;
        return `${title} ${mark}`;
      });
      process.stdout.write(`${path} ${form}: ${marks.join(", ")}\n`);
      for (const fault of faults(lhr)) process.stdout.write(`    ${fault}\n`);
    }
  }
} finally {
  chrome.kill();
}
process.exit(poor ? 1 : 0);
