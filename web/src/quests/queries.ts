/** The quests, and how far whoever is signed in is with them. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, read } from "../api/client";
import type { components } from "../api/schema";

export type Quest = components["schemas"]["QuestInfo"];
export type OwnQuest = components["schemas"]["OwnQuest"];
export type OwnQuests = components["schemas"]["OwnQuests"];
export type Completion = components["schemas"]["QuestCompletion"];

const MINUTE = 60_000;
/** Completions on a page. */
const SHOWN = 10;

export const questsQuery = queryOptions({
  queryKey: ["quests"],
  queryFn: ({ signal }) => read(api.GET("/api/v1/quests", { signal })),
  staleTime: MINUTE,
});

export const ownQuestsQuery = infiniteQueryOptions({
  queryKey: ["me", "quests"],
  initialPageParam: null as string | null,
  queryFn: ({ signal, pageParam }): Promise<OwnQuests> =>
    read(
      api.GET("/api/v1/users/me/quests", {
        params: { query: { cursor: pageParam, limit: SHOWN } },
        signal,
      }),
    ),
  getNextPageParam: (last) => last.next_cursor,
  staleTime: 10_000,
  refetchInterval: MINUTE,
});
