/** What a device calls itself in the protocol, as a person would say it. */

/** The chips of home miners, whose boards have one each. */
const BITAXES: Record<string, string> = {
  BM1397: "Bitaxe Max",
  BM1366: "Bitaxe Ultra",
  BM1368: "Bitaxe Supra",
  BM1370: "Bitaxe Gamma",
};

/** Names as their makers spell them, by what stands before the first slash of an agent. */
const NAMES: Record<string, string> = {
  bitaxe: "Bitaxe",
  bitdsk: "BitDSK",
  bmminer: "Antminer",
  bosminer: "Braiins OS",
  cgminer: "CGMiner",
  cpuminer: "CPU miner",
  esp32: "ESP32 miner",
  luckyminer: "Lucky Miner",
  lvxx: "Lucky Miner",
  nerdaxe: "NerdAxe",
  nerdminer: "NerdMiner",
  nerdminerv2: "NerdMiner",
  nerdoctaxe: "NerdOctaxe",
  nerdqaxe: "NerdQAxe",
  "nerdqaxe+": "NerdQAxe+",
  "nerdqaxe++": "NerdQAxe++",
  whatsminer: "Whatsminer",
};

const VERSION = /^v?\d+(\.\d+)+/i;

/** "bitaxe/BM1368/v2.12.0" is a "Bitaxe Supra, v2.12"; what is not known stays as it is. */
export function deviceName(agent: string): string {
  const [first = "", ...parts] = agent.split("/").map((part) => part.trim());
  const key = first.toLowerCase();
  const rest = parts.flatMap((part) => part.split(/\s+/));
  const chip = rest.find((word) => /^BM\d{4}/i.test(word))?.toUpperCase();
  // A miner may call their software "__proto__".
  const known = (Object.hasOwn(NAMES, key) && NAMES[key]) || first;
  const name = (key === "bitaxe" && chip && BITAXES[chip.slice(0, 6)]) || known;
  const version = rest.find((word) => VERSION.test(word));
  return version ? `${name}, ${short(version)}` : name;
}

/** Two numbers of a version are enough to tell two apart: "v2.12". */
function short(version: string): string {
  const [, numbers = ""] = /^v?(\d+\.\d+)/i.exec(version) ?? [];
  return `v${numbers}`;
}
