import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LiveClient, type Socket } from "./client";
import type { Frame } from "./frames";

/** A line of our own making: records what was said and lets the test play the server. */
class Line implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  said: unknown[] = [];
  closed: number | undefined | null = null;
  send(text: string) {
    this.said.push(JSON.parse(text));
  }
  close(code?: number) {
    this.closed = code;
  }
  opens() {
    this.onopen?.(undefined as never);
  }
  tells(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) } as MessageEvent);
  }
  drops() {
    this.onclose?.(undefined as never);
  }
}

const control = (type: string) => ({
  id: null,
  channel: "control",
  subject: null,
  type,
  ts: "2026-11-21T10:00:00Z",
  data: {},
});

const badge = (slug: string, ts = "2026-11-21T10:00:00Z") => ({
  id: null,
  channel: "gamification",
  subject: "miner:a",
  type: "badge_earned",
  ts,
  data: { badge_slug: slug },
});

let lines: Line[];
let live: LiveClient;

const last = () => {
  const line = lines.at(-1);
  if (!line) throw new Error("no line yet");
  return line;
};

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  live = new LiveClient({
    open: () => {
      const line = new Line();
      lines.push(line);
      return line;
    },
    random: () => 1,
  });
});

afterEach(() => {
  live.close();
  vi.useRealTimers();
});

function connected() {
  const end = live.subscribe("miner:a");
  last().opens();
  last().tells(control("subscribed"));
  return end;
}

describe("subscribing", () => {
  it("opens one line for all channels and says live once the server answers", () => {
    live.subscribe("miner:a");
    live.subscribe("pool");
    expect(lines).toHaveLength(1);
    expect(live.state()).toBe("connecting");
    last().opens();
    expect(last().said).toEqual([{ op: "subscribe", channels: ["miner:a", "pool"] }]);
    expect(live.state()).toBe("connecting");
    last().tells(control("subscribed"));
    expect(live.state()).toBe("live");
  });

  it("adds and drops channels on the open line, each once", () => {
    connected();
    const one = live.subscribe("pool");
    const two = live.subscribe("pool");
    one();
    one();
    expect(last().said.slice(1)).toEqual([{ op: "subscribe", channels: ["pool"] }]);
    two();
    expect(last().said.at(-1)).toEqual({ op: "unsubscribe", channels: ["pool"] });
  });

  it("hangs up a moment after nobody wants anything, and not before", () => {
    const end = connected();
    end();
    vi.advanceTimersByTime(1_000);
    const again = live.subscribe("miner:b");
    vi.advanceTimersByTime(1_900);
    again();
    vi.advanceTimersByTime(2_900);
    expect(last().closed).toBeNull();
    vi.advanceTimersByTime(100);
    expect(last().closed).toBe(1000);
    expect(live.state()).toBe("idle");
  });
});

describe("frames", () => {
  it("passes each frame once", () => {
    const got: Frame[] = [];
    live.onFrame((frame) => got.push(frame));
    connected();
    last().tells(badge("first_share"));
    last().tells(badge("first_share"));
    last().tells(badge("diff_1e6"));
    expect(got.map((f) => (f.data as { badge_slug: string }).badge_slug)).toEqual(["first_share", "diff_1e6"]);
  });

  it("drops a repeat that comes over the next connection too", () => {
    const got: Frame[] = [];
    live.onFrame((frame) => got.push(frame));
    connected();
    last().tells(badge("first_share"));
    last().drops();
    vi.advanceTimersByTime(500);
    last().opens();
    last().tells(badge("first_share"));
    expect(got).toHaveLength(1);
  });

  it("leaves aside what it cannot read", () => {
    const got: Frame[] = [];
    live.onFrame((frame) => got.push(frame));
    connected();
    last().onmessage?.({ data: "{" } as MessageEvent);
    last().onmessage?.({ data: "[]" } as MessageEvent);
    last().onmessage?.({ data: new ArrayBuffer(1) } as MessageEvent);
    expect(got).toHaveLength(0);
    expect(live.state()).toBe("live");
  });

  it("tells that reads are stale after every subscription and snapshot", () => {
    const stale = vi.fn();
    live.onStale(stale);
    connected();
    expect(stale).toHaveBeenCalledTimes(1);
    last().tells(control("snapshot"));
    expect(stale).toHaveBeenCalledTimes(2);
    last().drops();
    vi.advanceTimersByTime(500);
    last().opens();
    last().tells(control("subscribed"));
    expect(stale).toHaveBeenCalledTimes(3);
  });
});

describe("reconnecting", () => {
  it("waits longer each time, up to a bound, and asks for its channels again", () => {
    connected();
    last().drops();
    expect(live.state()).toBe("reconnecting");
    for (const wait of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      const before = lines.length;
      vi.advanceTimersByTime(wait - 1);
      expect(lines).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(lines).toHaveLength(before + 1);
      last().drops();
    }
    vi.advanceTimersByTime(15_000);
    last().opens();
    expect(last().said[0]).toEqual({ op: "subscribe", channels: ["miner:a"] });
    last().tells(control("subscribed"));
    expect(live.state()).toBe("live");
  });

  it("spreads the waits of many pages", () => {
    live.close();
    live = new LiveClient({
      open: () => lines[lines.push(new Line()) - 1] as Line,
      random: () => 0,
    });
    connected();
    last().drops();
    vi.advanceTimersByTime(249);
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(lines).toHaveLength(2);
  });

  it("starts from the short wait again only after a stable connection", () => {
    connected();
    last().drops();
    vi.advanceTimersByTime(500);
    last().opens();
    last().tells(control("subscribed"));
    last().drops();
    vi.advanceTimersByTime(999);
    expect(lines).toHaveLength(2);
    vi.advanceTimersByTime(1);
    last().opens();
    last().tells(control("subscribed"));
    vi.advanceTimersByTime(10_000);
    last().drops();
    vi.advanceTimersByTime(500);
    expect(lines).toHaveLength(4);
  });

  it("does not wait when the network comes back", () => {
    connected();
    last().drops();
    live.retryNow();
    expect(lines).toHaveLength(2);
    vi.advanceTimersByTime(500);
    expect(lines).toHaveLength(2);
  });

  it("pings, and takes silence for a broken line", () => {
    connected();
    vi.advanceTimersByTime(25_000);
    expect(last().said.at(-1)).toEqual({ op: "ping" });
    last().tells(control("pong"));
    vi.advanceTimersByTime(25_000 + 9_999);
    expect(live.state()).toBe("live");
    vi.advanceTimersByTime(1);
    expect(live.state()).toBe("reconnecting");
    expect(lines[0]?.closed).toBeUndefined();
    vi.advanceTimersByTime(500);
    expect(lines).toHaveLength(2);
  });

  it("gives up on a line that never opens", () => {
    live.subscribe("pool");
    vi.advanceTimersByTime(10_000);
    expect(live.state()).toBe("reconnecting");
  });

  it("no longer listens to a line it has left", () => {
    const got: Frame[] = [];
    live.onFrame((frame) => got.push(frame));
    connected();
    const [first] = lines;
    first?.drops();
    first?.tells(badge("late"));
    first?.drops();
    vi.advanceTimersByTime(5_000);
    expect(lines).toHaveLength(2);
    expect(got).toHaveLength(0);
  });
});

describe("pausing", () => {
  it("hangs up, stays quiet, and comes back with all channels", () => {
    connected();
    live.pause();
    expect(last().closed).toBe(1000);
    expect(live.state()).toBe("paused");
    live.subscribe("pool");
    vi.advanceTimersByTime(600_000);
    expect(lines).toHaveLength(1);
    live.resume();
    last().opens();
    expect(last().said).toEqual([{ op: "subscribe", channels: ["miner:a", "pool"] }]);
  });

  it("leaves no timer behind when closed", () => {
    connected();
    last().drops();
    live.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
