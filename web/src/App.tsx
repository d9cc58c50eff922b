import { I18nProvider } from "@lingui/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { again } from "./api/queries";
import { KilnContext, type KilnStore } from "./celebrate/store";
import type { LiveClient } from "./live/client";
import { LiveContext } from "./live/hooks";
import { i18n } from "./messages";
import type { routerOn } from "./router";

export function queryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: { queries: { retry: again, retryDelay: (n) => 600 * 2 ** n } },
  });
}

interface Props {
  client: QueryClient;
  live: LiveClient;
  kiln: KilnStore;
  router: ReturnType<typeof routerOn>;
}

/** All pages, in everything that they stand on. */
export function App({ client, live, kiln, router }: Props) {
  return (
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
    </StrictMode>
  );
}
