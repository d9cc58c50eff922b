import { Confirm } from "../../ui/Confirm";
import { Dialog, DialogClose, DialogText } from "../../ui/Dialog";
import { LONG_TEXT, LONG_WORD, type Part } from "../specimen";

const opens = (words: string) => (
  <button type="button" className="button quiet">
    {words}
  </button>
);

export const dialogPart: Part = {
  name: "dialog",
  title: "Dialog",
  use: "Something to look at closely, on a veil over the page.",
  specimens: [
    {
      state: "small",
      show: () => (
        <Dialog title="Fifty-two weeks" trigger={opens("Open")}>
          <DialogText>One share a week keeps the streak.</DialogText>
        </Dialog>
      ),
    },
    {
      state: "large: scrolls inside",
      show: () => (
        <Dialog title={LONG_WORD} trigger={opens("Open a long one")}>
          {Array.from({ length: 30 }, (_, i) => (
            <p key={i}>{LONG_TEXT}</p>
          ))}
        </Dialog>
      ),
    },
    {
      state: "lasting: only its button closes it",
      show: () => (
        <Dialog title="Your new key" trigger={opens("Open a lasting one")} lasting>
          <DialogText>Copy it now: it is shown this once.</DialogText>
          <p className="actions">
            <DialogClose>I have it</DialogClose>
          </p>
        </Dialog>
      ),
    },
    {
      state: "asks once more",
      show: () => (
        <Confirm
          trigger="Delete"
          title="Delete your account?"
          action="Delete it"
          doing="Deleting…"
          word="delete"
          run={() => Promise.reject(new TypeError())}
        >
          <p>{LONG_TEXT}</p>
        </Confirm>
      ),
    },
  ],
};
