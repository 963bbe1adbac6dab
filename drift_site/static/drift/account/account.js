// The account page's times, in the reader's time zone.

import { localise } from "../common/when.js";

localise(document);
