import "./start";
import { I18nProvider } from "@lingui/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { settle } from "./api/me";
import { again } from "./api/queries";
import { onSession } from "./api/session";
import { KilnContext, KilnStore } from "./celebrate/store";
import { LiveContext } from "./live/hooks";
import { liveForPage } from "./live/page";
import { i18n } from "./messages";
import { router } from "./router";

const client = new QueryClient({
  defaultOptions: { queries: { retry: again, retryDelay: (n) => 600 * 2 ** n } },
});
onSession((signedIn) => settle(client, signedIn ? undefined : null));
const live = liveForPage();
const kiln = new KilnStore();

const root = document.getElementById("root");
if (!root) throw new Error("The page has no root.");
createRoot(root).render(
  <StrictMode>
    <I18nProvider i18n={i18n}>
      <QueryClientProvider client={client}>
        <LiveContext value={live}>
          <KilnContext value={kiln}>
            <RouterProvider router={router} />
          </KilnContext>
        </LiveContext>
      </QueryClientProvider>
    </I18nProvider>
  </StrictMode>,
);
