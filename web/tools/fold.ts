/** Applies frames to states as the page does: a JSON line {page, state, frames} in, a state out. */
import { createInterface } from "node:readline";
import "../src/messages";
import { applyToMiner, applyToStats } from "../src/live/apply";
import { parseFrame } from "../src/live/frames";

const REDUCERS = { miner: applyToMiner, pool: applyToStats };

for await (const line of createInterface({ input: process.stdin })) {
  const { page, state, frames } = JSON.parse(line);
  const apply = REDUCERS[page as keyof typeof REDUCERS] as (state: unknown, frame: object) => unknown;
  const after = frames.reduce((now: unknown, text: string) => {
    const frame = parseFrame(text);
    if (!frame) throw new Error(`no frame: ${text}`);
    return apply(now, frame);
  }, state);
  process.stdout.write(`${JSON.stringify(after)}\n`);
}
