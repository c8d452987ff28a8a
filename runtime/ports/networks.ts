import { BlockList, isIP } from "node:net";

/** Whether an address (or `unix`) is one of those configured: addresses, networks such as 10.0.0.0/8, or `unix`. */
export type Networks = (address: string) => boolean;

export const networks = (listed: readonly string[]): Networks => {
  const list = new BlockList();
  for (const each of listed) {
    if (each === "unix") continue;
    const [address = "", bits] = each.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const family = isIP(address);
    return family === 0 ? address === "unix" && listed.includes("unix") : list.check(address, `ipv${family as 4 | 6}`);
  };
};

/** An address as it is compared and logged: IPv4 without IPv6's wrapping, no zone. A socket without an address is `unix`. */
export const plainAddress = (address: string | undefined): string =>
  address === undefined || address === "" ? "unix" : address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
