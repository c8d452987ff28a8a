/** One line of Puppet's inventory.txt: `0x0004 2026-11-21T22:43:11UTC 2031-11-21T22:43:11UTC /CN=db01.example.test`. */
export type InventoryLine = {
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly certname: string;
};

/** Reads one line; undefined for what is none. */
export const readInventoryLine = (line: string): InventoryLine | undefined => {
  const match = /^(?:0x)?([0-9a-fA-F]+)\s+(\S+)UTC\s+(\S+)UTC\s+\/?(?:.*\/)?CN\s?=\s?(\S.*)$/.exec(line.trim());
  if (!match) return undefined;
  const [, serial = "", from = "", until = "", certname = ""] = match;
  const [notBefore, notAfter] = [Date.parse(`${from}Z`), Date.parse(`${until}Z`)];
  if (Number.isNaN(notBefore) || Number.isNaN(notAfter)) return undefined;
  return { serial: serial.toLowerCase().replace(/^0+(?=.)/, ""), notBefore, notAfter, certname };
};

/** The line that Puppet would write. */
export const writeInventoryLine = ({ serial, notBefore, notAfter, certname }: InventoryLine): string => {
  const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}UTC`;
  return `0x${serial.padStart(4, "0")} ${time(notBefore)} ${time(notAfter)} /CN=${certname}`;
};
