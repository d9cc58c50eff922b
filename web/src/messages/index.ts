/**
 * The messages of the web app, in the language of the page.
 *
 * It is chosen before the first paint and stays until the page is loaded again, so code may word a
 * message wherever it runs (`t`), but not while a module loads (`msg` keeps it for later).
 */
import { i18n } from "@lingui/core";
import { messages } from "./locales/en.po";

/** How figures and dates are written; the page's language, not the browser's. */
export const LOCALE = "en-GB";

i18n.loadAndActivate({ locale: "en", locales: [LOCALE], messages });

export { i18n };
