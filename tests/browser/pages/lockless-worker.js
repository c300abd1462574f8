// The shipped worker in a browser that refuses locks, as browsers do if storage is blocked.
import "./lockless.js";
import "/dist/worker.js";
