// The worker as it is shipped, where the disk is full for so many writes as the page says.
import "./full.js";
import "/dist/worker.js";
