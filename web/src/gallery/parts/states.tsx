import { Refusal } from "../../api/client";
import { Empty } from "../../ui/Empty";
import { ErrorNotice, Skeleton } from "../../ui/parts";
import { LONG_TEXT, LONG_WORD, type Part } from "../specimen";

const refused = new Refusal(500, {
  type: "about:blank",
  title: "Internal Server Error",
  status: 500,
  detail: "",
  request_id: "01JD4Q7WJ4V6Z1",
});

const retry = () => {};

export const statesPart: Part = {
  name: "states",
  title: "Empty, waiting, wrong",
  use: "What stands in the place of what is not there.",
  specimens: [
    {
      state: "empty",
      show: () => <Empty>No shares yet. The first one usually takes a few minutes.</Empty>,
    },
    {
      state: "empty, with something to do",
      show: () => (
        <Empty
          action={
            <button type="button" className="button quiet">
              How to connect
            </button>
          }
        >
          {LONG_TEXT} {LONG_WORD}
        </Empty>
      ),
    },
    { state: "waiting", show: () => <Skeleton label="Loading the badges" /> },
    { state: "no connection", show: () => <ErrorNotice error={new TypeError()} retry={retry} /> },
    {
      state: "trying again",
      show: () => <ErrorNotice error={new TypeError()} retry={retry} busy />,
    },
    { state: "our mistake", show: () => <ErrorNotice error={refused} retry={retry} /> },
  ],
};
