import { type RefObject, useEffect, useRef } from "react";

/** The element to give this ref to has the focus once it is there, if that is wanted. */
export function useFirstFocus<T extends HTMLElement>(wanted: boolean): RefObject<T | null> {
  const element = useRef<T>(null);
  useEffect(() => {
    if (wanted) element.current?.focus();
  }, [wanted]);
  return element;
}
