// The application, and the second entry beside it: both must get the same classes.
import { SealframeError } from "sealframe";
import { connect } from "sealframe/stomp";
import "./main.js";

globalThis.scenarios.stomp = () => {
  try {
    connect();
  } catch (error) {
    return error instanceof SealframeError;
  }
};
