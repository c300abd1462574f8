// The shipped worker, with its memory watched (spy.js).
import "./spy.js";
import "/dist/worker.js";
