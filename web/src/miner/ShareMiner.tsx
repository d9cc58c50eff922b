import { useMe } from "../api/me";
import type { PublicMiner } from "../api/types";
import { ShareButton } from "../ui/ShareButton";

interface Props {
  miner: PublicMiner;
  title: string;
  /** A part of the page: "#blocks", "?badge=streak_52". */
  part?: string;
  plain?: boolean;
}

/** Shares a miner's page, unless only its owner finds it. */
export function ShareMiner({ miner: { handle }, title, part = "", plain = false }: Props) {
  const me = useMe();
  if (me && [me.handle, me.address].includes(handle)) {
    const { profile_public, address_shown } = me.privacy;
    if (!profile_public || (!me.handle && address_shown !== "whole")) return null;
  }
  return <ShareButton title={title} url={`/m/${handle}${part}`} plain={plain} />;
}
