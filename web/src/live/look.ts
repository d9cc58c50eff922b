import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** Look now, whenever one of these answers changes, and when somebody is back; returns the end. */
export function eachLook(client: QueryClient, keys: QueryKey[], look: () => void): () => void {
  look();
  document.addEventListener("visibilitychange", look);
  const hashes = new Set(keys.map((key) => JSON.stringify(key)));
  const unsubscribe = client.getQueryCache().subscribe((event) => {
    if (event.type === "updated" && hashes.has(event.query.queryHash)) look();
  });
  return () => {
    document.removeEventListener("visibilitychange", look);
    unsubscribe();
  };
}
