// The resident's page: charts, and nothing else needs a script.

import { drawAll } from "./charts.js";

drawAll(document);
