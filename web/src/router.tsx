import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouterHistory,
  stripSearchParams,
} from "@tanstack/react-router";
import type { ReactNode } from "react";
import { code } from "./code";
import { NotFoundPage } from "./shell/NotFoundPage";
import { ErrorPage } from "./shell/ErrorPage";
import { Shell } from "./shell/Shell";

/** A page whose code is fetched when it is opened. */
function page<N extends string>(fetched: () => Promise<Record<N, () => ReactNode>>, name: N) {
  return lazyRouteComponent(() => code(fetched), name);
}

const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: NotFoundPage,
  errorComponent: ErrorPage,
});

const landing = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  component: page(() => import("./landing/LandingPage"), "LandingPage"),
});

/** `badge` is the badge whose detail lies open, so that it can be sent to a friend. */
const miner = createRoute({
  getParentRoute: () => rootRoute,
  path: "/m/$address",
  component: page(() => import("./miner/MinerPage"), "MinerPage"),
  validateSearch: (search: Record<string, unknown>): { badge?: string } =>
    typeof search.badge === "string" ? { badge: search.badge } : {},
  search: { middlewares: [stripSearchParams({ badge: "" })] },
});

const badges = createRoute({
  getParentRoute: () => rootRoute,
  path: "/badges",
  component: page(() => import("./badges/BadgesPage"), "BadgesPage"),
});

const badge = createRoute({
  getParentRoute: () => rootRoute,
  path: "/badges/$slug",
  component: page(() => import("./badges/BadgePage"), "BadgePage"),
});

const quests = createRoute({
  getParentRoute: () => rootRoute,
  path: "/quests",
  component: page(() => import("./quests/QuestsPage"), "QuestsPage"),
});

/** `address` fills in the field; `back` is the page to return to. */
const signIn = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  component: page(() => import("./account/SignInPage"), "SignInPage"),
  validateSearch: (search: Record<string, unknown>): { back?: string; address?: string } => ({
    ...(typeof search.back === "string" ? { back: search.back } : {}),
    ...(typeof search.address === "string" ? { address: search.address } : {}),
  }),
});

const welcome = createRoute({
  getParentRoute: () => rootRoute,
  path: "/welcome",
  component: page(() => import("./account/WelcomePage"), "WelcomePage"),
  validateSearch: (search: Record<string, unknown>): { back?: string } =>
    typeof search.back === "string" ? { back: search.back } : {},
});

const how = createRoute({
  getParentRoute: () => rootRoute,
  path: "/how-it-works",
  component: page(() => import("./how/HowItWorksPage"), "HowItWorksPage"),
});

const SettingsPage = page(() => import("./account/SettingsPage"), "SettingsPage");

const settings = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings",
  component: SettingsPage,
});

const settingsSection = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings/$section",
  component: SettingsPage,
});

const rewards = createRoute({
  getParentRoute: () => rootRoute,
  path: "/rewards",
  component: page(() => import("./rewards/FeedPage"), "FeedPage"),
});

type ShelfKey = "badge" | "show" | "rarity" | "kind";
const SHELF_KEYS: ShelfKey[] = ["badge", "show", "rarity", "kind"];

/** Which badges are in sight, and which one lies open. */
const ownBadges = createRoute({
  getParentRoute: () => rootRoute,
  path: "/rewards/badges",
  component: page(() => import("./rewards/ShelfPage"), "ShelfPage"),
  validateSearch: (search: Record<string, unknown>): Partial<Record<ShelfKey, string>> =>
    Object.fromEntries(
      SHELF_KEYS.flatMap((key) => (typeof search[key] === "string" ? [[key, search[key]]] : [])),
    ),
});

const ownXp = createRoute({
  getParentRoute: () => rootRoute,
  path: "/rewards/xp",
  component: page(() => import("./rewards/XpPage"), "XpPage"),
});

const ownLevels = createRoute({
  getParentRoute: () => rootRoute,
  path: "/rewards/levels",
  component: page(() => import("./rewards/LevelsPage"), "LevelsPage"),
});

const ownStreak = createRoute({
  getParentRoute: () => rootRoute,
  path: "/rewards/streak",
  component: page(() => import("./rewards/StreakPage"), "StreakPage"),
});

const credential = createRoute({
  getParentRoute: () => rootRoute,
  path: "/credentials/$id",
  component: page(() => import("./credentials/CredentialPage"), "CredentialPage"),
});

const admin = createRoute({
  getParentRoute: () => rootRoute,
  path: "/admin",
  component: page(() => import("./admin/AdminPage"), "AdminPage"),
});

/** What a notification names: it is made without knowing the name of anybody's page. */
const own = createRoute({
  getParentRoute: () => rootRoute,
  path: "/profile",
  component: page(() => import("./miner/OwnPage"), "OwnPage"),
});

const ownPart = createRoute({
  getParentRoute: () => rootRoute,
  path: "/profile/$part",
  component: page(() => import("./miner/OwnPage"), "OwnPage"),
});

/** For those who build pages; a build for miners does not have it. */
const gallery = import.meta.env.DEV
  ? [
      createRoute({
        getParentRoute: () => rootRoute,
        path: "/gallery",
        component: page(() => import("./gallery/GalleryPage"), "GalleryPage"),
      }),
    ]
  : [];

const routeTree = rootRoute.addChildren([
  landing,
  miner,
  badges,
  badge,
  quests,
  signIn,
  welcome,
  how,
  settings,
  settingsSection,
  rewards,
  ownBadges,
  ownXp,
  ownLevels,
  ownStreak,
  credential,
  admin,
  own,
  ownPart,
  ...gallery,
]);

/** `history` is the browser's, unless a test brings its own. */
export function routerOn(history?: RouterHistory) {
  return createRouter({
    routeTree,
    defaultPreload: false,
    // Of a page that breaks, the rest of the app remains: the way to all others.
    defaultErrorComponent: ErrorPage,
    scrollRestoration: true,
    ...(history && { history }),
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof routerOn>;
  }
}
