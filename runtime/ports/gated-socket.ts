import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";

/** More than that decrypted and unread, and no more ciphertext is taken. */
const enough = 64 * 1024;
/** A reader that got its data without `resume` being called is seen after that many milliseconds. */
const lookAgain = 20;

/** Makes what TLS can stand on from a TCP socket; `follow` wants the TLS socket once that is made. */
export type SocketGate = (tcp: Socket) => { readonly stream: Duplex; follow(reader: TLSSocket): void };

/**
 * A TCP socket as a stream for TLS to stand on, that stops reading while the TLS socket above has enough unread. On Deno a
 * TLS socket goes on reading when it is paused (600 MB in memory behind a slow reader), a TCP socket does not; so there
 * the stop is made here, below the TLS.
 */
export const gateSocket: SocketGate = (tcp) => {
  let reader: TLSSocket | undefined;
  let wanted = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const take = () => {
    if (!wanted || timer !== undefined || tcp.destroyed) return;
    if (!reader || (!reader.isPaused() && reader.readableLength < enough)) {
      tcp.resume();
      return;
    }
    timer = setTimeout(() => {
      timer = undefined;
      take();
    }, lookAgain);
  };
  const takeNow = () => {
    clearTimeout(timer);
    timer = undefined;
    take();
  };

  const stream = new Duplex({
    read() {
      wanted = true;
      take();
    },
    write(chunk, encoding, done) {
      tcp.write(chunk, encoding, done);
    },
    final(done) {
      tcp.end(done);
    },
    destroy(error, done) {
      clearTimeout(timer);
      tcp.destroy();
      done(error);
    },
  });

  tcp.pause();
  tcp.on("data", (chunk) => {
    tcp.pause();
    wanted = stream.push(chunk);
    take();
  });
  tcp.on("end", () => stream.push(null));
  tcp.on("error", (error) => stream.destroy(error));
  tcp.on("close", () => stream.destroy());

  return {
    stream,
    follow(tls) {
      reader = tls;
      tls.on("resume", takeNow);
      takeNow();
    },
  };
};

/** What this runtime needs below its TLS sockets: nothing on Node. */
export const socketGate: SocketGate | undefined = "Deno" in globalThis ? gateSocket : undefined;
