import { chmodSync, lstatSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";

export type ListenAt = { readonly kind: "tcp"; readonly host: string; readonly port: number } | {
  readonly kind: "unix";
  readonly path: string;
};

/**
 * Listens, or throws what the system says. A unix socket that a dead process left behind is taken over; its mode is 0660,
 * so that a proxy in the same group may use it.
 */
export const listenAt = async (server: Server, at: ListenAt): Promise<void> => {
  if (at.kind === "unix" && isSocket(at.path) && !await answers(at.path)) rmSync(at.path);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    const listening = () => {
      server.off("error", reject);
      resolve();
    };
    if (at.kind === "unix") server.listen(at.path, listening);
    else server.listen(at.port, at.host, listening);
  });
  if (at.kind === "unix") chmodSync(at.path, 0o660);
};

const isSocket = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
