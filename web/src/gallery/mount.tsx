/** For tests: a component as on a page, without a game behind it. */
import { I18nProvider } from "@lingui/react";
import type { ReactNode } from "react";
import { render } from "vitest-browser-react";
import { i18n } from "../messages";

function Providers({ children }: { children: ReactNode }) {
  return <I18nProvider i18n={i18n}>{children}</I18nProvider>;
}

export function mount(what: ReactNode) {
  return render(what, { wrapper: Providers });
}
