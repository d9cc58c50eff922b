/** The account endpoints, typed by hand until the generated document names them. */
import { done, read, send } from "./client";

export interface Privacy {
  profile_public: boolean;
  address_shown: "whole" | "short" | "hidden";
  on_leaderboards: boolean;
}

export interface Me {
  id: number;
  handle: string | null;
  display_name: string | null;
  country: string | null;
  bio: string | null;
  role: "user" | "provider" | "moderator" | "admin";
  address: string;
  addresses: number;
  name: string;
  privacy: Privacy;
  created_at: string;
  claimed_at: string;
  deletion_at: string | null;
}

export interface MeChange {
  handle?: string | null;
  display_name?: string | null;
  country?: string | null;
  bio?: string | null;
  privacy?: Partial<Privacy>;
}

export interface Settings {
  version: 1;
  notifications: {
    badges: boolean;
    levels: boolean;
    streaks: boolean;
    blocks: boolean;
    weekly_summary: boolean;
  };
  units: {
    hashrate: "auto" | "GH/s" | "TH/s" | "PH/s";
    difficulty: "short" | "full";
    clock: "24h" | "12h";
  };
  theme: "system" | "day" | "evening";
  dashboard: { panels: string[] };
}

export interface SettingsChange {
  notifications?: Partial<Settings["notifications"]>;
  units?: Partial<Settings["units"]>;
  theme?: Settings["theme"];
}

export interface Challenge {
  challenge_id: string;
  message: string;
  expires_at: string;
}

export interface Session {
  id: string;
  kind: "cookie" | "bearer";
  device: string;
  address: string;
  created_at: string;
  last_used_at: string;
  expires_at: string;
  current: boolean;
}

export interface ApiKey {
  id: string;
  name: string;
  scope: "read" | "mining" | "service";
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  revoked_at: null;
}

export interface NewApiKey {
  name: string;
  scope: ApiKey["scope"];
  expires_in_days?: number;
}

export interface OwnAddress {
  address: string;
  linked_at: string;
  proved_at: string | null;
  first: boolean;
  can_unlink: boolean;
}

type Method = "GET" | "POST" | "PATCH" | "DELETE";

async function call<T>(
  method: Method,
  path: string,
  body?: unknown,
  extra: Record<string, string> = {},
): Promise<{ data?: T; error?: unknown; response: Response }> {
  const url = `${window.location.origin}/api/v1${path}`;
  const headers = body === undefined ? extra : { "content-type": "application/json", ...extra };
  const init = body === undefined ? { method, headers } : { method, headers, body: json(body) };
  const response = await send(new Request(url, init));
  const kind = response.headers.get("content-type") ?? "";
  const answer: unknown = kind.includes("json") ? await response.json() : undefined;
  if (!response.ok) return { error: answer, response };
  return { data: answer as T, response };
}

const json = JSON.stringify;

export const account = {
  me: () => read(call<Me>("GET", "/users/me")),
  change: (change: MeChange) => read(call<Me>("PATCH", "/users/me", change)),
  remove: () => read(call<Me>("DELETE", "/users/me")),
  restore: () => read(call<Me>("POST", "/users/me/restore", {})),

  challenge: (address: string, link: boolean) =>
    read(call<Challenge>("POST", "/auth/challenge", link ? { address, link } : { address })),
  verify: (challenge_id: string, signature: string) =>
    read(
      call<{ user: Me }>("POST", "/auth/verify", { challenge_id, signature, session: "cookie" }),
    ),
  logout: () => done(call("POST", "/auth/logout", {})),
  logoutEverywhere: () => done(call("POST", "/auth/logout-all", {})),

  settings: () => read(call<Settings>("GET", "/users/me/settings")),
  changeSettings: (change: SettingsChange) =>
    read(call<Settings>("PATCH", "/users/me/settings", change)),

  sessions: () => read(call<{ sessions: Session[] }>("GET", "/users/me/sessions")),
  endSession: (id: string) => done(call("DELETE", `/users/me/sessions/${encodeURIComponent(id)}`)),

  apiKeys: () => read(call<{ api_keys: ApiKey[] }>("GET", "/users/me/api-keys")),
  /** `once` makes a repeat of the same wish give the same key, not a second one. */
  makeApiKey: (wish: NewApiKey, once: string) =>
    read(
      call<{ api_key: ApiKey; key: string }>("POST", "/users/me/api-keys", wish, {
        "Idempotency-Key": once,
      }),
    ),
  revokeApiKey: (id: string) =>
    done(call("DELETE", `/users/me/api-keys/${encodeURIComponent(id)}`)),

  addresses: () => read(call<{ addresses: OwnAddress[] }>("GET", "/users/me/addresses")),
  linkAddress: (challenge_id: string, signature: string) =>
    read(
      call<{ addresses: OwnAddress[]; merged: boolean }>("POST", "/users/me/addresses", {
        challenge_id,
        signature,
      }),
    ),
  unlinkAddress: (address: string) =>
    done(call("DELETE", `/users/me/addresses/${encodeURIComponent(address)}`)),

  demoMiners: () => read(call<{ addresses: string[] }>("GET", "/demo/miners")),
  demoSign: (challenge_id: string) =>
    read(call<{ signature: string }>("POST", "/demo/sign", { challenge_id })),

  /** The zip with everything that is kept about this person. */
  async download(): Promise<Blob> {
    const url = `${window.location.origin}/api/v1/users/me/export`;
    const response = await send(new Request(url));
    if (response.ok) return response.blob();
    const error: unknown = await response.json().catch(() => undefined);
    return read(Promise.resolve({ error, response }));
  },
};
