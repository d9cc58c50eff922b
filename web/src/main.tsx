import "./start";
import { createRoot } from "react-dom/client";
import { App, queryClient } from "./App";
import { settle } from "./api/me";
import { onSession } from "./api/session";
import { KilnStore } from "./celebrate/store";
import { liveForPage } from "./live/page";
import { routerOn } from "./router";

const client = queryClient();
onSession((signedIn) => settle(client, signedIn ? undefined : null));
const live = liveForPage();
const kiln = new KilnStore();

const root = document.getElementById("root");
if (!root) throw new Error("The page has no root.");
createRoot(root).render(<App {...{ client, live, kiln }} router={routerOn()} />);
