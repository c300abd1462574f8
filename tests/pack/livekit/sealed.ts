// All that an application on livekit-client adds for sealframe.
import { Room } from "livekit-client";
import type { Bundle, Call } from "sealframe";
import { LiveKitManager } from "sealframe/livekit";

export async function sealedRoom(call: Call, roster: ReadonlyMap<string, Bundle>) {
  const manager = new LiveKitManager(call, { deviceOf: (one) => roster.get(one.identity)?.id });
  const room = new Room({ e2ee: { e2eeManager: manager } });
  await call.setMembers([...roster.values()]);
  return { manager, room };
}
