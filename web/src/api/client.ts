import createClient from "openapi-fetch";
import type { paths } from "./schema";
import type { Problem } from "./types";

export const api = createClient<paths>({ baseUrl: window.location.origin });

/** The server answered, and the answer is no. `problem` is what it said, if anything. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem>,
  ) {
    super(problem.detail ?? problem.title ?? `The pool answered with ${status}.`);
  }
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

function isProblem(body: unknown): body is Partial<Problem> {
  return typeof body === "object" && body !== null && "title" in body;
}

/** Unwrap an answer: the data, or a Refusal. A network failure passes through as it is. */
export async function read<T>(pending: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await pending;
  if (data !== undefined && response.ok) return data;
  throw new Refusal(response.status, isProblem(error) ? error : {});
}
