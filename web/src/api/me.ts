/** The signed-in user and their data; everything here is under the key "me". */
import { type QueryClient, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { account, type Me, type Settings } from "./account";
import { Refusal } from "./client";
import { prefer } from "../units";
import { mayBeSignedIn, sessionChanged } from "./session";

const MINUTE = 60_000;

/** Null when nobody is signed in, which a page knows at once from the cookie that is not there. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async (): Promise<Me | null> => {
    if (!mayBeSignedIn()) return null;
    try {
      return await account.me();
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return null;
      throw error;
    }
  },
  initialData: () => (mayBeSignedIn() ? undefined : null),
  staleTime: 5 * MINUTE,
});

/** The person signed in; null is nobody, undefined is not known yet. */
export function useMe(): Me | null | undefined {
  return useQuery(meQuery).data;
}

export const settingsQuery = queryOptions({
  queryKey: ["me", "settings"],
  queryFn: (): Promise<Settings> => account.settings(),
  staleTime: 5 * MINUTE,
});

export const sessionsQuery = queryOptions({
  queryKey: ["me", "sessions"],
  queryFn: () => account.sessions(),
});

export const apiKeysQuery = queryOptions({
  queryKey: ["me", "api-keys"],
  queryFn: () => account.apiKeys(),
});

export const addressesQuery = queryOptions({
  queryKey: ["me", "addresses"],
  queryFn: () => account.addresses(),
});

export const demoMinersQuery = queryOptions({
  queryKey: ["demo-miners"],
  queryFn: () => account.demoMiners(),
  staleTime: 5 * MINUTE,
});

/** Somebody signed in or out, or switched users: drop their data and read pages again. */
export function settle(client: QueryClient, me: Me | null | undefined) {
  client.removeQueries({ queryKey: ["me"], predicate: (query) => query.queryKey.length > 1 });
  if (me === undefined) void client.invalidateQueries(meQuery);
  else client.setQueryData(meQuery.queryKey, me);
  if (me === null) prefer(null);
  void client.invalidateQueries({ queryKey: ["miner"] });
}

/** Take somebody in, or show them out, in every tab. */
export function useSignedIn(): (me: Me | null) => void {
  const client = useQueryClient();
  return (me) => {
    settle(client, me);
    sessionChanged(me !== null);
  };
}

/** The name in the path of somebody's own page. */
export function pageOf(me: Me): string {
  return me.handle ?? me.address;
}
