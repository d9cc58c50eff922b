/** Where to go after signing in: a page of ours that was named, never another site. */
export function wayBack(named: unknown): string | null {
  if (typeof named !== "string" || !named.startsWith("/")) return null;
  try {
    const home = "http://home.invalid";
    const at = new URL(named, home);
    if (at.origin !== home || at.pathname.startsWith("//") || at.pathname === "/sign-in") return null;
    return at.pathname + at.search + at.hash;
  } catch {
    return null;
  }
}
