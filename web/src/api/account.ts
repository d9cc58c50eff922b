/** Everything that users do with an account: signing in, changing it, leaving. */
import { api, done, read } from "./client";
import type { components } from "./schema";
import { noteRenewed } from "./session";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Privacy = Schemas["Privacy"];
export type MeChange = Schemas["ProfileChange"];
export type Settings = Schemas["PlayerSettings"];
export type StreakChange = Schemas["StreakChange"];
export type Challenge = Schemas["Challenge"];
export type Session = Schemas["Session"];
export type EndedSession = Schemas["EndedSession"];
export type ApiKey = Schemas["ApiKey"];
export type NewApiKey = Schemas["ApiKeyWish"];
export type OwnAddress = Schemas["Address"];
export type ActivityEntry = Schemas["ActivityEntry"];
export type Purpose = NonNullable<Schemas["ChallengeWish"]["purpose"]>;

/** Parts of parts too; the document knows them only as "some object". */
export interface SettingsChange {
  notifications?: Partial<Settings["notifications"]>;
  units?: Partial<Settings["units"]>;
  theme?: Settings["theme"];
  welcome?: Settings["welcome"];
}

async function verify(challenge_id: string, signature: string) {
  const body = { challenge_id, signature, session: "cookie" } as const;
  const answer = await read(api.POST("/api/v1/auth/verify", { body }));
  noteRenewed();
  return answer;
}

export const account = {
  me: () => read(api.GET("/api/v1/users/me")),
  change: (body: MeChange) => read(api.PATCH("/api/v1/users/me", { body })),
  remove: (approval: string) =>
    read(api.DELETE("/api/v1/users/me", { params: { query: { approval } } })),
  restore: () => read(api.POST("/api/v1/users/me/restore")),

  challenge: (address: string, purpose: Purpose, subject?: string) =>
    read(
      api.POST("/api/v1/auth/challenge", {
        body: { address, purpose, ...(subject === undefined ? {} : { subject }) },
      }),
    ),
  approve: (challenge_id: string, signature: string) =>
    read(api.POST("/api/v1/auth/approve", { body: { challenge_id, signature } })),
  verify,
  logout: () => done(api.POST("/api/v1/auth/logout")),
  logoutEverywhere: () => done(api.POST("/api/v1/auth/logout-all")),

  settings: () => read(api.GET("/api/v1/users/me/settings")),
  changeSettings: (body: SettingsChange) =>
    read(api.PATCH("/api/v1/users/me/settings", { body })),

  changeStreak: (body: StreakChange) => read(api.PATCH("/api/v1/users/me/streak", { body })),

  sessions: () => read(api.GET("/api/v1/users/me/sessions")),
  endSession: (session_id: string) =>
    done(api.DELETE("/api/v1/users/me/sessions/{session_id}", { params: { path: { session_id } } })),

  apiKeys: () => read(api.GET("/api/v1/users/me/api-keys")),
  /** `once` makes a repeat of the same wish give the same key, not a second one. */
  makeApiKey: (body: NewApiKey, once: string) =>
    read(
      api.POST("/api/v1/users/me/api-keys", { body, headers: { "Idempotency-Key": once } }),
    ),
  revokeApiKey: (key_id: string) =>
    done(api.DELETE("/api/v1/users/me/api-keys/{key_id}", { params: { path: { key_id } } })),

  addresses: () => read(api.GET("/api/v1/users/me/addresses")),
  linkAddress: (challenge_id: string, signature: string, approval: string) =>
    read(api.POST("/api/v1/users/me/addresses", { body: { challenge_id, signature, approval } })),
  unlinkAddress: (address: string, approval: string) =>
    done(
      api.DELETE("/api/v1/users/me/addresses/{address}", {
        params: { path: { address }, query: { approval } },
      }),
    ),

  activity: (cursor: string | null) =>
    read(api.GET("/api/v1/users/me/activity", { params: { query: { cursor } } })),

  demoMiners: () => read(api.GET("/api/v1/demo/miners")),
  demoSign: (challenge_id: string) =>
    read(api.POST("/api/v1/demo/sign", { body: { challenge_id } })),

  /** The zip with everything that is kept about this person. */
  download: async () =>
    (await read(api.GET("/api/v1/users/me/export", { parseAs: "blob" }))) as Blob,
};

/** What the tile of somebody is drawn from, for others: not from an address that is not shown. */
export function seedOf({ address, handle, id, privacy }: Me): string {
  return privacy.address_shown === "whole" ? address : (handle ?? String(id));
}
