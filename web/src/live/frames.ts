/** What comes over the WebSocket, in the shapes that the server declares. */
import type { ServerFrame } from "../api/types";

export type Frame = ServerFrame;

/** Each frame by its channel and type. */
export type Frames = { [F in Frame as `${F["channel"]}/${F["type"]}`]: F };

/** What each kind of frame changes in a state. */
export type Reducers<State> = {
  [Kind in keyof Frames]?: (state: State, frame: Frames[Kind]) => State;
};

export function reduce<State>(reducers: Reducers<State>, state: State, frame: Frame): State {
  const kind = `${frame.channel}/${frame.type}` as keyof Frames;
  const reducer = reducers[kind] as ((state: State, frame: Frame) => State) | undefined;
  return reducer ? reducer(state, frame) : state;
}

/** A frame, or null for anything else. Types that this app does not know are left to its readers. */
export function parseFrame(text: string): Frame | null {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof raw !== "object" || raw === null) return null;
  const { channel, type, data } = raw as Record<string, unknown>;
  const whole = typeof channel === "string" && typeof type === "string";
  return whole && typeof data === "object" && data !== null ? (raw as Frame) : null;
}

/** Two frames with one key are one frame that came twice. */
export function frameKey(frame: Frame): string {
  return frame.id === null
    ? JSON.stringify([frame.subject, frame.channel, frame.type, frame.ts, frame.data])
    : `${frame.subject}#${frame.id}`;
}
