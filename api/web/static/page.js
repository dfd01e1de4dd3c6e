// A page that shows something else: alarms are heard and seen here all the same.

import { Watch } from "./watch.js";

new Watch().start();
