import { queryOptions, replaceEqualDeep } from "@tanstack/react-query";
import { keepBlock, keepLines } from "../live/feed";
import { api, Refusal, read } from "./client";
import type { Config, PublicStats } from "./types";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Ask again after a failure that may pass; a clear no stays a no. */
export function again(failures: number, error: unknown): boolean {
  if (error instanceof Refusal && error.status < 500 && error.status !== 429) return false;
  return failures < 2;
}

/** The server puts it into the page: nothing waits for it, and nothing moves when it comes. */
function configOfPage(): Config | undefined {
  const tag = document.querySelector<HTMLMetaElement>('meta[name="pool-config"]');
  return tag ? (JSON.parse(tag.content) as Config) : undefined;
}

export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: ({ signal }) => read(api.GET("/api/v1/config", { signal })),
  initialData: configOfPage,
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
