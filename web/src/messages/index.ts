/**
 * The messages of the web app, in the language of the page.
 *
 * It is chosen before the first paint and stays until the page is loaded again, so code may word a
 * message wherever it runs (`t`), but not while a module loads (`msg` keeps it for later).
 */
import { i18n, type MessageDescriptor, type MessageOptions, type Values } from "@lingui/core";
import { texts } from "./texts";

/** How figures and dates are written; the page's language, not the browser's. */
export const LOCALE = "en-GB";

/**
 * A value is text, whatever is in it: `Trans` looks for its tags in the finished message, and would
 * take a worker called "<0/>" for one. An invisible joiner keeps it from matching.
 */
function asText(value: unknown): unknown {
  return typeof value === "string" ? value.replace(/<(?=\/?\d+\/?>)/g, "<\u2060") : value;
}

function asTexts<T extends object | undefined>(values: T): T {
  return values && (Object.fromEntries(Object.entries(values).map(([k, v]) => [k, asText(v)])) as T);
}

const word: (message: never, values?: Values, options?: MessageOptions) => string = i18n._.bind(i18n);
i18n._ = (message: MessageDescriptor | string, values?: Values, options?: MessageOptions) =>
  typeof message === "string"
    ? word(message as never, asTexts(values), options)
    : word({ ...message, values: asTexts(message.values) } as never);

i18n.loadAndActivate({ locale: "en", locales: [LOCALE], messages: texts });

export { i18n };
