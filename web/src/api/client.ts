import { t } from "@lingui/core/macro";
import createClient from "openapi-fetch";
import type { paths } from "./schema";
import { sessionOfPage } from "./session";
import type { Problem } from "./types";

export const send = sessionOfPage();
export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: send });

/** The server refused the request. `problem` is its answer, if any. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem>,
  ) {
    super(problem.detail ?? problem.title ?? t`The pool answered with ${status}.`);
  }

  /** What the problem is called: "handle_taken". */
  get code(): string {
    const type = this.problem.type ?? "";
    return type.slice(type.lastIndexOf("/") + 1);
  }
}

/** The server has looked at an address, and it is none. */
export function isNoAddress(error: unknown): boolean {
  return error instanceof Refusal && error.code === "not_an_address";
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

function isProblem(body: unknown): body is Partial<Problem> {
  return typeof body === "object" && body !== null && "title" in body;
}

function refusal({ error, response }: Answer<unknown>): Refusal {
  return new Refusal(response.status, isProblem(error) ? error : {});
}

/** Unwrap an answer: the data, or a Refusal. A network failure passes through as it is. */
export async function read<T>(pending: Promise<Answer<T>>): Promise<T> {
  const answer = await pending;
  if (answer.data !== undefined && answer.response.ok) return answer.data;
  throw refusal(answer);
}

/** The same for an answer that has no body. */
export async function done(pending: Promise<Answer<unknown>>): Promise<void> {
  const answer = await pending;
  if (!answer.response.ok) throw refusal(answer);
}
