import { LiveClient, type Socket } from "./client";

const HIDDEN_FOR_LONG = 5 * 60_000;

function openSocket(): Socket {
  const { protocol, host } = window.location;
  return new WebSocket(`${protocol === "https:" ? "wss" : "ws"}://${host}/ws`);
}

/** The page's one connection: rests while nobody looks, wakes with the network. */
export function liveForPage(): LiveClient {
  const live = new LiveClient({ open: openSocket });
  let rest: ReturnType<typeof setTimeout> | undefined;

  document.addEventListener("visibilitychange", () => {
    clearTimeout(rest);
    if (document.hidden) rest = setTimeout(() => live.pause(), HIDDEN_FOR_LONG);
    else live.resume();
  });
  window.addEventListener("online", () => live.retryNow());
  window.addEventListener("pagehide", () => live.pause());
  window.addEventListener("pageshow", () => live.resume());
  return live;
}
