/** The functions of Node that this folder uses. All types of Node would replace those of timers. */
declare module "node:fs/promises" {
  interface FileHandle {
    writeFile(bytes: Uint8Array): Promise<void>;
    sync(): Promise<void>;
    close(): Promise<void>;
  }
  export function open(path: string, flags: string, mode: number): Promise<FileHandle>;
  export function link(existing: string, path: string): Promise<void>;
  export function readFile(path: string | URL): Promise<Uint8Array>;
  export function rm(path: string, options: { force: boolean }): Promise<void>;
}
