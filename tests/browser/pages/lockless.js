// Refuses locks to the shipped worker.
navigator.locks.request = () => Promise.reject(new DOMException("denied", "SecurityError"));
