// The worker as it is shipped, with a tap, where limits are a tenth of what they are.
import "./impatient.js";
import "/call/tap-worker.js";
