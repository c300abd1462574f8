// The worker as it is shipped, watched.
import "./spy.js";
import "/dist/worker.js";
