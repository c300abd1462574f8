// Goals of scenarios, in milliseconds. `room.patience` multiplies them.

/** A member that comes back has media this soon after signaling. */
export const BACK = 1_000;
/** A member that comes for the first time has media this soon after signaling. */
export const IN = 2_000;
/** A removed member opens nothing after this. */
export const REMOVED = 3_000;
/** The others wait for no picture and no tone longer than this. */
export const HITCH = 1_000;
/** An absent member is away for this long. */
export const AWAY = 3_000;
