import { type Frame, frameKey, parseFrame } from "./frames";

export type LiveState = "idle" | "connecting" | "live" | "reconnecting" | "paused";

/** The part of a WebSocket that we use, so that a test can hand in its own. */
export interface Socket {
  send(text: string): void;
  close(code?: number): void;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
}

interface Options {
  open: () => Socket;
  random?: () => number;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
const STABLE_AFTER = 10_000;
const PING_EVERY = 25_000;
const ANSWER_WITHIN = 10_000;
const LINGER = 3_000;
const REMEMBERED_FRAMES = 512;

type Timer = ReturnType<typeof setTimeout>;

/**
 * One connection for the whole page. Frames on public subjects may be lost, so `onStale` tells
 * whenever what was read over REST may be out of date: after each (re)subscription.
 */
export class LiveClient {
  private readonly open: () => Socket;
  private readonly random: () => number;
  private readonly wanted = new Map<string, number>();
  private readonly frameListeners = new Set<(frame: Frame) => void>();
  private readonly stateListeners = new Set<() => void>();
  private readonly staleListeners = new Set<() => void>();
  private readonly recent = new Set<string>();
  private socket: Socket | null = null;
  private opened = false;
  private failures = 0;
  private paused = false;
  private now: LiveState = "idle";
  private retry: Timer | undefined;
  private ping: Timer | undefined;
  private silence: Timer | undefined;
  private stable: Timer | undefined;
  private linger: Timer | undefined;

  constructor({ open, random = Math.random }: Options) {
    this.open = open;
    this.random = random;
  }

  state = (): LiveState => this.now;

  onState = (tell: () => void): (() => void) => add(this.stateListeners, tell);

  onFrame = (tell: (frame: Frame) => void): (() => void) => add(this.frameListeners, tell);

  onStale = (tell: () => void): (() => void) => add(this.staleListeners, tell);

  /** Want a channel; the answer takes the wish back. Several may want the same one. */
  subscribe(channel: string): () => void {
    clearTimeout(this.linger);
    const others = this.wanted.get(channel) ?? 0;
    this.wanted.set(channel, others + 1);
    if (others === 0 && this.opened) this.say({ op: "subscribe", channels: [channel] });
    if (!this.socket && !this.paused && this.retry === undefined) this.connect();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.release(channel);
    };
  }

  /** Let go of the connection, for instance while the page is hidden for long. */
  pause() {
    if (this.paused) return;
    this.paused = true;
    this.hangUp();
    this.become("paused");
  }

  resume() {
    if (!this.paused) return;
    this.paused = false;
    this.failures = 0;
    this.become("idle");
    if (this.wanted.size > 0) this.connect();
  }

  /** Do not wait for the next try: the network came back. */
  retryNow() {
    if (this.retry === undefined || this.paused) return;
    clearTimeout(this.retry);
    this.retry = undefined;
    this.connect();
  }

  close() {
    this.wanted.clear();
    this.hangUp();
    this.become("idle");
  }

  private release(channel: string) {
    const left = (this.wanted.get(channel) ?? 1) - 1;
    if (left > 0) {
      this.wanted.set(channel, left);
      return;
    }
    this.wanted.delete(channel);
    if (this.opened) this.say({ op: "unsubscribe", channels: [channel] });
    if (this.wanted.size > 0) return;
    // A moment of grace: the next page usually wants a channel of its own.
    clearTimeout(this.linger);
    this.linger = setTimeout(() => {
      if (this.wanted.size === 0) this.close();
    }, LINGER);
  }

  private connect() {
    this.become(this.failures === 0 ? "connecting" : "reconnecting");
    const socket = this.open();
    this.socket = socket;
    socket.onopen = () => {
      if (socket !== this.socket) return;
      this.opened = true;
      this.stable = setTimeout(() => {
        this.failures = 0;
      }, STABLE_AFTER);
      this.say({ op: "subscribe", channels: [...this.wanted.keys()] });
      this.expectAnswer();
      this.beat();
    };
    socket.onmessage = (event) => {
      if (socket === this.socket) this.take(event.data);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.dropped();
    };
    // A connection that neither opens nor fails counts as failed.
    this.expectAnswer();
  }

  private take(data: unknown) {
    clearTimeout(this.silence);
    this.silence = undefined;
    if (this.now !== "live") this.become("live");
    const frame = typeof data === "string" ? parseFrame(data) : null;
    if (!frame) return;
    if (frame.channel === "control") {
      if (frame.type === "subscribed" || frame.type === "snapshot") {
        for (const tell of this.staleListeners) tell();
      }
      return;
    }
    const key = frameKey(frame);
    if (this.recent.has(key)) return;
    this.recent.add(key);
    if (this.recent.size > REMEMBERED_FRAMES) {
      for (const oldest of this.recent) {
        this.recent.delete(oldest);
        break;
      }
    }
    for (const tell of this.frameListeners) tell(frame);
  }

  private beat() {
    this.ping = setTimeout(() => {
      this.say({ op: "ping" });
      this.expectAnswer();
      this.beat();
    }, PING_EVERY);
  }

  private expectAnswer() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.socket?.close();
      this.dropped();
    }, ANSWER_WITHIN);
  }

  private dropped() {
    this.forget();
    if (this.paused || this.wanted.size === 0) {
      this.become(this.paused ? "paused" : "idle");
      return;
    }
    this.failures += 1;
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.failures - 1));
    const wait = longest / 2 + (this.random() * longest) / 2;
    this.become("reconnecting");
    this.retry = setTimeout(() => {
      this.retry = undefined;
      this.connect();
    }, wait);
  }

  private say(message: object) {
    this.socket?.send(JSON.stringify(message));
  }

  private hangUp() {
    const socket = this.socket;
    this.forget();
    clearTimeout(this.retry);
    this.retry = undefined;
    socket?.close(1000);
  }

  /** Drop the socket and all that hangs on it; its late events no longer reach us. */
  private forget() {
    this.socket = null;
    this.opened = false;
    for (const timer of [this.ping, this.silence, this.stable, this.linger]) clearTimeout(timer);
    this.silence = undefined;
  }

  private become(state: LiveState) {
    if (state === this.now) return;
    this.now = state;
    for (const tell of this.stateListeners) tell();
  }
}

function add<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => set.delete(item);
}
