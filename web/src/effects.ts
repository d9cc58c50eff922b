/** Effects run as soon as what they belong to is there, as React runs those of a click. */
import { options } from "preact";

// Preact waits for the next frame, which a key that is pressed at once would come before.
options.requestAnimationFrame = (run) => queueMicrotask(run);
