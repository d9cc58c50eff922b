import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  stripSearchParams,
} from "@tanstack/react-router";
import { BadgePage } from "./pages/BadgePage";
import { BadgesPage } from "./pages/BadgesPage";
import { LandingPage } from "./pages/LandingPage";
import { MinerPage } from "./pages/MinerPage";
import { NotFoundPage } from "./pages/NotFoundPage";
import { OwnPage } from "./pages/OwnPage";
import { ErrorPage } from "./pages/ErrorPage";
import { Shell } from "./ui/Shell";

const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: NotFoundPage,
  errorComponent: ErrorPage,
});

const landing = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  component: LandingPage,
});

/** `badge` is the badge whose detail lies open, so that it can be sent to a friend. */
const miner = createRoute({
  getParentRoute: () => rootRoute,
  path: "/m/$address",
  component: MinerPage,
  validateSearch: (search: Record<string, unknown>): { badge?: string } =>
    typeof search.badge === "string" ? { badge: search.badge } : {},
  search: { middlewares: [stripSearchParams({ badge: "" })] },
});

const badges = createRoute({
  getParentRoute: () => rootRoute,
  path: "/badges",
  component: BadgesPage,
});

const badge = createRoute({
  getParentRoute: () => rootRoute,
  path: "/badges/$slug",
  component: BadgePage,
});

const signIn = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  component: lazyRouteComponent(() => import("./pages/account/SignInPage"), "SignInPage"),
  validateSearch: (search: Record<string, unknown>): { back?: string } =>
    typeof search.back === "string" ? { back: search.back } : {},
});

const SettingsPage = lazyRouteComponent(
  () => import("./pages/account/SettingsPage"),
  "SettingsPage",
);

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

/** What a notification names: it is made without knowing the name of anybody's page. */
const own = createRoute({
  getParentRoute: () => rootRoute,
  path: "/profile",
  component: OwnPage,
});

const ownPart = createRoute({
  getParentRoute: () => rootRoute,
  path: "/profile/$part",
  component: OwnPage,
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    landing,
    miner,
    badges,
    badge,
    signIn,
    settings,
    settingsSection,
    own,
    ownPart,
  ]),
  defaultPreload: false,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
