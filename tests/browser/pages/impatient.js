// Divides the time limits of the shipped worker by ten.
const { setInterval } = self;
self.setInterval = (act, milliseconds, ...rest) =>
  setInterval(act, milliseconds >= 1000 ? milliseconds / 10 : milliseconds, ...rest);
