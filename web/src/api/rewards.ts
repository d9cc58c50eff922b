/** What somebody was rewarded with, and their badges as documents that others can check. */
import { type InfiniteData, infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, done, read } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Reward = Schemas["Reward"];
export type RewardFeed = Schemas["RewardFeed"];
export type RewardSummary = Schemas["RewardSummary"];
export type XpHistory = Schemas["XpHistory"];
export type XpEntry = Schemas["XpEntry"];
export type XpState = Schemas["XpState"];
export type StreakWeek = Schemas["StreakWeek"];
export type StreakState = Schemas["StreakState"];
export type OwnCredential = Schemas["OwnCredential"];
export type CredentialCheck = Schemas["CredentialCheck"];
export type FoundUser = Schemas["FoundUser"];
export type RewardPages = InfiniteData<RewardFeed, unknown>;

const MINUTE = 60_000;

export const PER_PAGE = 50;
const CALENDAR_WEEKS = 52;

export const rewards = {
  feed: (cursor: string | null) =>
    read(api.GET("/api/v1/rewards/feed", { params: { query: { cursor } } })),
  issue: (badge: string, once: string) =>
    read(
      api.POST("/api/v1/users/me/credentials", {
        body: { badge },
        headers: { "Idempotency-Key": once },
      }),
    ),
  revoke: (credential_id: string) =>
    done(
      api.DELETE("/api/v1/users/me/credentials/{credential_id}", {
        params: { path: { credential_id } },
      }),
    ),
};

export const feedQuery = infiniteQueryOptions({
  queryKey: ["me", "rewards", "feed"],
  queryFn: ({ pageParam }) => rewards.feed(pageParam),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
  staleTime: 10_000,
});

export const summaryQuery = queryOptions({
  queryKey: ["me", "rewards", "summary"],
  queryFn: ({ signal }) => read(api.GET("/api/v1/rewards/summary", { signal })),
  staleTime: 10_000,
  refetchInterval: MINUTE,
});

export const ownXpQuery = queryOptions({
  queryKey: ["me", "rewards", "xp"],
  queryFn: ({ signal }) => read(api.GET("/api/v1/users/me/xp", { signal })),
  staleTime: 10_000,
  refetchInterval: MINUTE,
});

export function historyQuery(page: number) {
  return queryOptions({
    queryKey: ["me", "rewards", "history", page],
    queryFn: ({ signal }) =>
      read(
        api.GET("/api/v1/users/me/xp/history", {
          params: { query: { page, per_page: PER_PAGE } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
}

export const ownStreakQuery = queryOptions({
  queryKey: ["me", "rewards", "streak"],
  queryFn: ({ signal }) => read(api.GET("/api/v1/users/me/streak", { signal })),
  staleTime: 10_000,
  refetchInterval: MINUTE,
});

export const calendarQuery = queryOptions({
  queryKey: ["me", "rewards", "calendar"],
  queryFn: ({ signal }) =>
    read(
      api.GET("/api/v1/users/me/streak/calendar", {
        params: { query: { weeks: CALENDAR_WEEKS } },
        signal,
      }),
    ),
  staleTime: 10_000,
  refetchInterval: MINUTE,
});

export const credentialsQuery = queryOptions({
  queryKey: ["me", "credentials"],
  queryFn: ({ signal }) => read(api.GET("/api/v1/users/me/credentials", { signal })),
});

export function checkQuery(credential_id: string) {
  return queryOptions({
    queryKey: ["credential", credential_id],
    queryFn: ({ signal }) =>
      read(
        api.GET("/api/v1/credentials/{credential_id}/verify", {
          params: { path: { credential_id } },
          signal,
        }),
      ),
  });
}

/** Where the parts of a credential are served. */
export function pathsOf(id: string) {
  const json = `/api/v1/credentials/${id}`;
  return { json, png: `${json}/badge.png`, svg: `${json}/badge.svg`, jwt: `${json}/jwt` };
}

export const operator = {
  find: async (name: string): Promise<FoundUser | null> => {
    const query = { name };
    const { users } = await read(api.GET("/api/v1/admin/users", { params: { query } }));
    return users[0] ?? null;
  },
  correct: (user_id: number, body: Schemas["XpCorrection"], once: string) =>
    read(
      api.POST("/api/v1/admin/users/{user_id}/xp-corrections", {
        params: { path: { user_id } },
        body,
        headers: { "Idempotency-Key": once },
      }),
    ),
  grant: (slug: string, body: Schemas["BadgeGrant"], once: string) =>
    read(
      api.POST("/api/v1/admin/badges/{slug}/grants", {
        params: { path: { slug } },
        body,
        headers: { "Idempotency-Key": once },
      }),
    ),
};
