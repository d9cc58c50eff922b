import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorNotice, Skeleton } from "../ui/parts";

type Query<T> = Pick<UseQueryResult<T>, "data" | "isError" | "error" | "isFetching" | "refetch">;

interface Props<T> {
  query: Query<T>;
  label: string;
  lines?: number;
  children: (data: T) => ReactNode;
}

/** The answer to a question, what stands in its place until it comes, or why it does not. */
export function Loaded<T>({ query, label, lines = 6, children }: Props<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) {
    return (
      <ErrorNotice
        error={query.error}
        retry={() => void query.refetch()}
        busy={query.isFetching}
      />
    );
  }
  return <Skeleton lines={lines} label={label} />;
}
