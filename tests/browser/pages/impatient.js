// Beside the shipped worker: what has a limit of seconds has one of tenths.
const { setInterval } = self;
self.setInterval = (act, milliseconds, ...rest) => setInterval(act, milliseconds >= 1000 ? milliseconds / 10 : milliseconds, ...rest);
