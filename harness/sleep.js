/** For pages and for Node. */
export const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
