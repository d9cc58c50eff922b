import { t } from "@lingui/core/macro";
import { useState } from "react";
import { useMe } from "../api/me";
import { nameOf } from "../ui/names";

/** Says who has signed in, or that nobody is signed in any more; not who was when the page came. */
export function Announcer() {
  const me = useMe();
  const [before, setBefore] = useState(me);
  const [said, setSaid] = useState("");
  if (me !== before) {
    setBefore(me);
    if (before === null && me) {
      const name = nameOf(me);
      setSaid(t`You are signed in as ${name}.`);
    }
    if (before && me === null) setSaid(t`You are signed out.`);
  }
  return (
    <p className="sr-only" role="status">
      {said}
    </p>
  );
}
