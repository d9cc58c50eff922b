/** Run once for many wishes: at the earliest time that any of them asked for. */
export function trailing(run: () => void): { ask(within: number): void; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let due = Number.POSITIVE_INFINITY;
  const cancel = () => {
    clearTimeout(timer);
    due = Number.POSITIVE_INFINITY;
  };
  return {
    ask(within) {
      const wanted = Date.now() + within;
      if (wanted >= due) return;
      clearTimeout(timer);
      due = wanted;
      timer = setTimeout(() => {
        due = Number.POSITIVE_INFINITY;
        run();
      }, within);
    },
    cancel,
  };
}
