// `node scripts/check-release.mjs vX.Y.Z`: whether the tree is the release of that tag (RELEASING.md).
import { readFileSync } from "node:fs";
import { main, root, say, Stop } from "../harness/steps.mjs";

const read = (path) => readFileSync(`${root}${path}`, "utf8");

await main(() => {
  const faults = faultsOf(process.argv[2] ?? "");
  if (faults.length > 0) throw new Stop(faults.join("\n"));
  say(`This tree is ${process.argv[2]}.`);
});

function faultsOf(tag) {
  const manifest = JSON.parse(read("package.json"));
  const [, workspace] =
    /^\[workspace\.package\]\nversion = "(.*)"$/m.exec(read("Cargo.toml")) ?? [];
  const links = [manifest.homepage, manifest.bugs.url, manifest.repository.url];
  const notes = read("CHANGELOG.md").includes(`\n## ${tag.slice(1)} `);
  return [
    !/^v\d+\.\d+\.\d+$/.test(tag) && `${tag || "nothing"} is not a tag such as v1.2.3`,
    tag !== `v${manifest.version}` && `package.json has version ${manifest.version}`,
    tag !== `v${workspace}` && `Cargo.toml has version ${workspace}`,
    !notes && `CHANGELOG.md has no section ${tag.slice(1)}`,
    ...links.map((link) => /\.example\b/.test(link) && `${link} in package.json is a placeholder`),
  ].filter(Boolean);
}
