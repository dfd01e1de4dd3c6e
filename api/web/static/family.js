// The family's page brings itself up to date.

import { keepCurrent } from "./current.js";

document.getElementById("family-unstarted").remove();
keepCurrent("family");
