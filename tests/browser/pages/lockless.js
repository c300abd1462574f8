// Beside the shipped worker: no locks.
navigator.locks.request = () => Promise.reject(new DOMException("denied", "SecurityError"));
