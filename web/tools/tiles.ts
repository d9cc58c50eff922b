/** Draws tiles as the page does: a seed per line in, as JSON; its ground and layers out. */
import { createInterface } from "node:readline";
import "../src/messages";
import { tileOf } from "../src/art/AddressTile";

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(tileOf(JSON.parse(line)))}\n`);
}
