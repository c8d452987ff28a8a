import type { Socket } from "node:net";
import { expect, it } from "vitest";
import { certificateOf } from "../../../runtime/ports/bindings.ts";

it("finds the certificate of a connection, and none where there is none any more", () => {
  const socket = (certificate: unknown) => ({ getPeerCertificate: () => certificate }) as unknown as Socket;
  const raw = Uint8Array.of(1, 2, 3);
  expect(certificateOf(socket({ raw }))).toEqual(raw);
  // Node gives null for a connection that was destroyed, and an empty object where the client showed nothing
  for (const none of [null, undefined, {}, { raw: new Uint8Array(0) }]) {
    expect(certificateOf(socket(none))).toBeUndefined();
  }
  expect(certificateOf({} as Socket)).toBeUndefined();
});
