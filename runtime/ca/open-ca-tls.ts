import { hostname } from "node:os";
import type { OpenCa } from "../../handlers/core/ca/ca.ts";
import { ownSpace } from "../../handlers/core/ca/revoke.ts";
import { puppetSpace } from "../../handlers/core/ca/spaces.ts";
import type { Changes } from "../../handlers/interfaces/changes.ts";
import type { Clock } from "../../handlers/interfaces/clock.ts";
import type { Log } from "../../handlers/interfaces/log.ts";
import type { Config } from "../config.ts";
import { openCertificates } from "../tls/authorities.ts";
import { readMaterial, type TlsMaterial } from "../tls/material.ts";
import type { Tls } from "../tls/open-tls.ts";
import { createTrust } from "../tls/trust.ts";
import { watchFiles } from "../tls/watch.ts";
import { listenerCertificate } from "./listener-certificate.ts";

const hour = 3_600_000;

/** The names that agents may dial: those that are set, else this host's, and always the loopback ones. */
export const listenerNames = (config: Pick<Config, "TLS_NAMES">): readonly string[] => {
  const set = config.TLS_NAMES.length > 0 ? config.TLS_NAMES : [hostname().toLowerCase(), "puppet"];
  return [...new Set([...set, "localhost", "127.0.0.1", "::1"])];
};

/**
 * What the listeners show and whom they believe, with a CA of our own: a certificate of it, which renews itself (or the one
 * of HOPPETDB_TLS_CERT), and the CA's own bundle. What changes is in force at once, for new connections.
 */
export const openCaTls = async (options: {
  readonly ca: OpenCa;
  readonly changes: Changes;
  readonly config: Pick<Config, "TLS_CERT" | "TLS_KEY" | "TLS_NAMES">;
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Told which certificate of ours is shown from now on. */
  readonly showing?: (certificate: { readonly serial: string }) => void;
}): Promise<Tls> => {
  const { ca, changes, config, dir, clock, log } = options;
  const trust = createTrust({ clock, log });
  const listeners = new Set<(material: TlsMaterial) => void>();
  const { TLS_CERT: cert, TLS_KEY: key } = config;
  const files = cert !== undefined && key !== undefined ? { cert, key } : undefined;
  const names = listenerNames(config);

  let believed = "";
  let listed = "";

  const own = async () => {
    const space = await ca.directory.space(ownSpace);
    const made = await listenerCertificate(ca, dir, { names, authority: space.ca_id }, clock);
    options.showing?.(made);
    return made;
  };
  const load = async (): Promise<TlsMaterial> => {
    const shown = files ? readMaterial(files, clock.now()) : await own();
    if (files) options.showing?.({ serial: openCertificates(shown.cert)[0]!.facts.serial });
    const bundle = await ca.spaces.bundle(puppetSpace);
    // those of authorities that are not believed here are no affair of the listeners
    const external = (await ca.authorities.list()).filter(({ certificate }) => bundle.includes(certificate))
      .flatMap(({ external_crls }) => external_crls);
    const lists = [...new Set(external)].join("");
    // chains that were verified stay so for as long as the authorities do
    if (bundle !== believed) trust.setAuthorities(bundle);
    if (lists !== "" && lists + bundle !== listed + believed) {
      try {
        trust.setCrls("authorities", lists);
      } catch (error) {
        log.error("CRLs of external authorities cannot be used", { error });
      }
    }
    [believed, listed] = [bundle, lists];
    return { cert: shown.cert, key: shown.key, ca: bundle, crl: undefined };
  };

  let material = await load();
  let running: Promise<void> | undefined;
  let again = false;
  const refresh = (): Promise<void> => {
    if (running) {
      again = true;
      return running;
    }
    running = load().then((next) => {
      if (next.cert === material.cert && next.key === material.key && next.ca === material.ca) return;
      material = next;
      log.info("TLS material was renewed", { names: files ? undefined : names.join() });
      for (const listener of listeners) listener(material);
    }).catch((error) => log.error("New TLS material is not used", { error })).finally(() => {
      running = undefined;
      if (again) {
        again = false;
        void refresh();
      }
    });
    return running;
  };
  const ends = [
    changes.subscribe("ca_authorities", () => void refresh()),
    changes.subscribe("ca_spaces", () => void refresh()),
    files ? watchFiles([files.cert, files.key], () => void refresh()) : () => {},
  ];
  const timer = setInterval(() => {
    trust.warnStale();
    void refresh();
  }, hour);
  timer.unref();

  return {
    material: () => material,
    trust,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      ends.forEach((end) => end());
      clearInterval(timer);
      listeners.clear();
    },
  };
};
