import { ShareButton } from "../../ui/ShareButton";
import { LONG_TEXT, type Part } from "../specimen";

export const sharePart: Part = {
  name: "share",
  title: "Share",
  use: "Hands a link to the device's list of apps, or copies it.",
  specimens: [
    { state: "this page", show: () => <ShareButton title="The kit" /> },
    {
      state: "another link",
      show: () => (
        <ShareButton
          title="Quarter Master"
          text={LONG_TEXT}
          url="https://pool.example/badges/quarter-master"
        />
      ),
    },
  ],
};
