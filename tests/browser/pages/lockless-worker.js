// The worker as it is shipped, where the browser refuses locks, as it does where storage is blocked.
import "./lockless.js";
import "/dist/worker.js";
