// One member of a call. The address says which one, so a reloaded page comes back by itself. Node
// asks it questions via `globalThis.questions`.
import { Member } from "./member.js";
import { Questions } from "./questions.js";

const member = new Member(JSON.parse(decodeURIComponent(location.hash.slice(1))));
globalThis.member = member;
globalThis.questions = new Questions(member);
member.start().then(
  () => (globalThis.ready = true),
  (error) => member.errors.push(String(error?.stack ?? error)),
);
