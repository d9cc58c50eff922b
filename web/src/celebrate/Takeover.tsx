import { lazy, Suspense } from "react";
import { code } from "../code";
import { useKiln } from "./store";

const Found = lazy(() => code(() => import("./Found")));

/** A found block takes the whole page; what that looks like is fetched when there is one. */
export function Takeover() {
  const { current } = useKiln();
  if (current?.kind !== "block") return null;
  return (
    <Suspense fallback={null}>
      <Found key={current.key} block={current} />
    </Suspense>
  );
}
