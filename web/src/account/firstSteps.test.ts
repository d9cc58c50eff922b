import { expect, it } from "vitest";
import type { Me } from "../api/account";
import type { PublicMiner } from "../api/types";
import { firstSteps } from "./firstSteps";

const ME = {
  handle: null,
  addresses: 1,
  privacy: { profile_public: true, address_shown: "whole", on_leaderboards: true },
} as Me;

const at = (level: number) => ({ xp: { level } }) as PublicMiner;

function done(me: Partial<Me>, miner: PublicMiner | null = null): string[] {
  return firstSteps({ ...ME, ...me }, miner)
    .filter((step) => step.done)
    .map((step) => step.what);
}

it("has everything to do for somebody who has just come", () => {
  expect(done({})).toEqual([]);
  expect(done({}, at(1))).toEqual([]);
});

it("counts a handle, the second level, and a second address as done", () => {
  expect(done({ handle: "axe" })).toEqual(["name"]);
  expect(done({}, at(2))).toEqual(["level"]);
  expect(done({}, at(50))).toEqual(["level"]);
  expect(done({ addresses: 2 })).toEqual(["others"]);
});

it("counts any choice of what others see as done", () => {
  expect(done({ privacy: { ...ME.privacy, address_shown: "short" } })).toEqual(["others"]);
  expect(done({ privacy: { ...ME.privacy, on_leaderboards: false } })).toEqual(["others"]);
});
