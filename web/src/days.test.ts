import { afterEach, expect, test, vi } from "vitest";
import type { Quest } from "./quests/queries";

const { TZ } = process.env;
afterEach(() => {
  process.env.TZ = TZ;
  vi.resetModules();
});

/** From the last clock of the world to the first: UTC-11, -8, 0, +13 and +14. */
const ZONES = ["Pacific/Pago_Pago", "America/Los_Angeles", "UTC", "Pacific/Auckland", "Pacific/Kiritimati"];

test.each(ZONES)("a day of the game has the same name on a clock in %s", async (zone) => {
  process.env.TZ = zone;
  expect(new Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(zone);
  await import("./messages");
  const { wordsOf } = await import("./messages/feed");
  const { inPeriod, whenOf } = await import("./quests/words");
  const { dayName } = await import("./ui/days");
  const now = Date.parse("2026-03-04T23:00:00Z");
  const best = { code: "best_day", params: { day: "2025-03-04" }, title: "", detail: null };
  expect(wordsOf(best).detail).toBe("4 March 2025");
  expect(inPeriod("2025-03-04")).toBe("4 March 2025");
  const quest = { period_key: null, starts: "2025-03-04", ends: "2025-03-31" } as Quest;
  expect(whenOf(quest, now)).toBe("Starts on 4 March 2025");
  expect(whenOf({ ...quest, period_key: "once" }, now)).toBe("Until 31 March 2025");
  expect(dayName("2025-03-04", now)).toBe("Tuesday, 4 March 2025");
  expect(dayName("2026-03-04", now)).toBe("Today");
});
