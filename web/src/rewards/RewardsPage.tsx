import { useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { NotFoundPage } from "../shell/NotFoundPage";

const PAGES = {
  "": lazy(() => import("./FeedPage")),
  badges: lazy(() => import("./ShelfPage")),
  xp: lazy(() => import("./XpPage")),
  levels: lazy(() => import("./LevelsPage")),
  streak: lazy(() => import("./StreakPage")),
};

/** `/rewards` and what is below it: each part is fetched when somebody opens it. */
export function RewardsPage() {
  const { part = "" } = useParams({ strict: false });
  if (!(part in PAGES)) return <NotFoundPage />;
  const Part = PAGES[part as keyof typeof PAGES];
  return (
    <Suspense fallback={<div className="page" />}>
      <Part />
    </Suspense>
  );
}
