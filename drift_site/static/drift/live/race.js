// The live page.

import { add } from "../common/loop.js";
import { LivePage } from "./page.js";

const page = new LivePage();
page.open();
add(page);
