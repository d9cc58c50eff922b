import { useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { useEffect, useSyncExternalStore } from "react";
import type { Network } from "../address";
import { configQuery } from "../api/queries";
import { onTheme, type Theme, theme } from "../theme";

export function useTheme(): Theme {
  return useSyncExternalStore(onTheme, theme);
}

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (tell) => {
      const list = window.matchMedia(query);
      list.addEventListener("change", tell);
      return () => list.removeEventListener("change", tell);
    },
    () => window.matchMedia(query).matches,
  );
}

/** Brings the part that the address names in sight, once what stands above it is there. */
export function usePartInPlace(ready: boolean) {
  const part = useLocation({ select: (at) => at.hash });
  useEffect(() => {
    if (ready && part) document.getElementById(part)?.scrollIntoView({ block: "start" });
  }, [ready, part]);
}

export const PHONE = "(max-width: 719px)";

export function useNetwork(): Network {
  return useQuery(configQuery).data?.network ?? "mainnet";
}

const LAST_MINER = "tbg.miner";
const remembered = new Set<() => void>();

function lastMiner(): string | null {
  try {
    return localStorage.getItem(LAST_MINER);
  } catch {
    return null;
  }
}

/** The miner whose page was open last is the one the tab bar leads back to. */
export function rememberMiner(address: string) {
  try {
    localStorage.setItem(LAST_MINER, address);
  } catch {
    return;
  }
  for (const tell of remembered) tell();
}

export function useLastMiner(): string | null {
  return useSyncExternalStore((tell) => {
    remembered.add(tell);
    return () => remembered.delete(tell);
  }, lastMiner);
}
