/** What comes over the WebSocket, read with care: a frame we do not understand is left aside. */

export type Data = Record<string, unknown>;

export interface Frame {
  id: number | null;
  channel: string;
  subject: string | null;
  type: string;
  ts: string;
  data: Data;
}

export function parseFrame(text: string): Frame | null {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof raw !== "object" || raw === null) return null;
  const { id, channel, subject, type, ts, data } = raw as Data;
  if (typeof channel !== "string" || typeof type !== "string") return null;
  return {
    id: typeof id === "number" ? id : null,
    channel,
    subject: typeof subject === "string" ? subject : null,
    type,
    ts: typeof ts === "string" ? ts : "",
    data: typeof data === "object" && data !== null ? (data as Data) : {},
  };
}

/** Two frames with one key are one frame that came twice. */
export function frameKey(frame: Frame): string {
  return frame.id === null
    ? JSON.stringify([frame.subject, frame.channel, frame.type, frame.ts, frame.data])
    : `${frame.subject}#${frame.id}`;
}

export function num(data: Data, key: string): number | null {
  const value = data[key];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function str(data: Data, key: string): string | null {
  const value = data[key];
  return typeof value === "string" ? value : null;
}

export function bool(data: Data, key: string): boolean | null {
  const value = data[key];
  return typeof value === "boolean" ? value : null;
}
