import { queryOptions, replaceEqualDeep } from "@tanstack/react-query";
import { keepBlock, keepLines } from "../live/feed";
import { api, Refusal, read } from "./client";
import type { PublicStats } from "./types";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Ask again after a failure that may pass; a clear no stays a no. */
export function again(failures: number, error: unknown): boolean {
  if (error instanceof Refusal && error.status < 500 && error.status !== 429) return false;
  return failures < 2;
}

export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: ({ signal }) => read(api.GET("/api/v1/config", { signal })),
  staleTime: HOUR,
});

export const levelsQuery = queryOptions({
  queryKey: ["levels"],
  queryFn: ({ signal }) => read(api.GET("/api/v1/levels", { signal })),
  staleTime: HOUR,
});

export const badgesQuery = queryOptions({
  queryKey: ["badges"],
  queryFn: ({ signal }) => read(api.GET("/api/v1/badges", { signal })),
  staleTime: 10_000,
});

export function badgeQuery(slug: string) {
  return queryOptions({
    queryKey: ["badge", slug],
    queryFn: ({ signal }) =>
      read(api.GET("/api/v1/badges/{slug}", { params: { path: { slug } }, signal })),
    staleTime: 10_000,
  });
}

export const statsQuery = queryOptions({
  queryKey: ["stats"],
  queryFn: ({ signal }) => read(api.GET("/api/v1/public/stats", { signal })),
  staleTime: 10_000,
  refetchInterval: MINUTE,
  structuralSharing: (old, read) => {
    const [seen, now] = [old as PublicStats | undefined, read as PublicStats];
    return replaceEqualDeep(
      old,
      seen ? { ...keepBlock(seen, now), recent: keepLines(seen.recent, now.recent) } : now,
    );
  },
});

export function minerQuery(handle: string) {
  return queryOptions({
    queryKey: ["miner", handle],
    queryFn: ({ signal }) =>
      read(api.GET("/api/v1/public/miners/{handle}", { params: { path: { handle } }, signal })),
    staleTime: 10_000,
    refetchInterval: MINUTE,
  });
}
