/** Writes the bounds of what forms send, from the OpenAPI document, for fields to keep to them. */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

const FILE = "src/api/bounds.ts";
const KINDS = ["minLength", "maxLength", "pattern", "minimum", "maximum"];

const { schemas } = JSON.parse(readFileSync("openapi.json", "utf8")).components;
const bounds = {};
for (const [name, { properties = {}, additionalProperties }] of Object.entries(schemas)) {
  if (additionalProperties !== false) continue; // It is an answer, not a request.
  for (const [field, schema] of Object.entries(properties)) {
    // Among the alternatives of an optional field, only one has bounds.
    const all = Object.assign({}, ...(schema.anyOf ?? []), schema);
    const kept = KINDS.filter((kind) => kind in all).map((kind) => [kind, all[kind]]);
    if (kept.length > 0) (bounds[name] ??= {})[field] = Object.fromEntries(kept);
  }
}
const text = `/** Made by \`npm run gen\` from openapi.json. */
export const BOUNDS = ${JSON.stringify(bounds, null, 2)} as const;
`;
if (!process.argv.includes("--check")) writeFileSync(FILE, text);
else if (readFileSync(FILE, "utf8") !== text) {
  process.stderr.write(`${FILE} is not what openapi.json says: run make api\n`);
  process.exit(1);
}
