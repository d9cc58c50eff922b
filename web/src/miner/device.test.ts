import { expect, it } from "vitest";
import { deviceName } from "./device";

it.each([
  ["bitaxe/BM1368/v2.12.0", "Bitaxe Supra, v2.12"],
  ["bitaxe/BM1370/v2.9.0-rc1", "Bitaxe Gamma, v2.9"],
  ["bitaxe", "Bitaxe"],
  ["NerdQAxe++/BM1370/v1.0.35", "NerdQAxe++, v1.0"],
  ["cpuminer/2.5.1", "CPU miner, v2.5"],
  ["cgminer/4.11.1", "CGMiner, v4.11"],
  ["ckcap-vroll/1.1 (sha256d; SHA-NI)", "ckcap-vroll, v1.1"],
  ["Antminer S9/bOS 22.08", "Antminer S9, v22.08"],
  ["Something New", "Something New"],
  ["", ""],
  ["__proto__", "__proto__"],
  ["constructor", "constructor"],
])("calls %j %j", (agent, name) => {
  expect(deviceName(agent)).toBe(name);
});
