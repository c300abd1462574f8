// The shipped worker with a tap. Its time limits are a tenth of the usual ones.
import "./impatient.js";
import "/harness/page/tap-worker.js";
