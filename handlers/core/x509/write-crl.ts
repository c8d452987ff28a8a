import type { Signer } from "../../interfaces/signer.ts";
import { algorithmIdentifier, signed } from "./sign-der.ts";
import { concat, element, enumerated, extension, integer, sequence, tagged, time } from "./write-der.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export type CrlEntry = {
  /** Hex. */
  readonly serial: string;
  /** Milliseconds since 1970. */
  readonly revokedAt: number;
  /** RFC 5280, 5.3.1; 0, unspecified, is left out as it asks. */
  readonly reason: number;
};

/** One entry, DER: made once and kept, for a list has many and changes by few. */
export const writeCrlEntry = ({ serial, revokedAt, reason }: CrlEntry): Bytes => {
  const number = integer(serial);
  const date = time(revokedAt);
  if (reason === 0) return short(number, date);
  return sequence(number, date, sequence(extension("2.5.29.21", enumerated(reason))));
};

/** A sequence of less than 128 bytes, without the detours: there may be tens of thousands. */
const short = (first: Bytes, second: Bytes): Bytes => {
  const length = first.length + second.length;
  if (length > 127) return sequence(first, second);
  const whole = new Uint8Array(length + 2);
  whole[0] = 0x30;
  whole[1] = length;
  whole.set(first, 2);
  whole.set(second, 2 + first.length);
  return whole;
};

/**
 * A full CRL of version 2 (RFC 5280, 5.1) with CRL number and authority key identifier. `entries` are what
 * `writeCrlEntry` gave, each serial once. 20,000 of them and an RSA signature take some 50 ms.
 */
export const writeCrl = async (list: {
  /** The issuer's name, DER, exactly as its certificate has it as subject. */
  readonly issuer: Uint8Array;
  /** The issuer's subject key identifier. */
  readonly keyIdentifier: Uint8Array;
  readonly number: number;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly entries: readonly Bytes[];
}, signer: Signer): Promise<Bytes> => {
  const body = sequence(
    integer("1"),
    algorithmIdentifier(signer.algorithm),
    list.issuer,
    time(list.thisUpdate),
    time(list.nextUpdate),
    // an empty list is left out
    ...(list.entries.length > 0 ? [sequence(concat(list.entries))] : []),
    tagged(
      0,
      sequence(
        extension("2.5.29.35", sequence(element(0x80, list.keyIdentifier))),
        extension("2.5.29.20", integer(list.number.toString(16))),
      ),
    ),
  );
  return await signed(body, signer);
};
