// The shipped worker on a full disk. The page says how many writes fail.
import "./full.js";
import "/dist/worker.js";
