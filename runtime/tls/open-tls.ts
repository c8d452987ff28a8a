import type { Clock } from "../../handlers/interfaces/clock.ts";
import type { Log } from "../../handlers/interfaces/log.ts";
import { readMaterial, type TlsFiles, type TlsMaterial } from "./material.ts";
import { createTrust, type Trust } from "./trust.ts";
import { watchFiles } from "./watch.ts";

export type Tls = {
  /** What is in force now. */
  material(): TlsMaterial;
  readonly trust: Trust;
  /** Calls back with new material; the listeners' `reload` belongs here. Returns what ends it. */
  onChange(listener: (material: TlsMaterial) => void): () => void;
  close(): void;
};

/** The name of the source of the CRLs that HOPPETDB_TLS_CRL names. */
const crlFile = "file";

/**
 * Reads the TLS files and follows them: what is new is in force within a second or two, without a restart. Throws, at the
 * start, for files that don't fit; later on such files are logged, and the old material stays until they do.
 */
export const openTls = (options: {
  readonly files: TlsFiles;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs?: number;
}): Tls => {
  const { files, clock, log } = options;
  const trust = createTrust({ clock, log });
  const listeners = new Set<(material: TlsMaterial) => void>();

  const load = (): TlsMaterial => {
    const next = readMaterial(files, clock.now());
    const old = current;
    trust.setAuthorities(next.ca);
    try {
      if (next.crl !== undefined) trust.setCrls(crlFile, next.crl);
    } catch (error) {
      trust.setAuthorities(old?.ca);
      throw new Error(`"${files.crl}": ${(error as Error).message}`);
    }
    trust.warnStale();
    return next;
  };

  let current: TlsMaterial | undefined;
  current = load();
  let material = current;
  const stop = watchFiles([files.cert, files.key, files.ca, files.crl], () => {
    try {
      current = material = load();
      log.info("TLS files were reloaded", { cert: files.cert });
      for (const listener of listeners) listener(material);
    } catch (error) {
      log.error("New TLS files are not used", { reason: (error as Error).message });
    }
  }, options.everyMs);
  const daily = setInterval(() => trust.warnStale(), 3_600_000);
  daily.unref();

  return {
    material: () => material,
    trust,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      stop();
      clearInterval(daily);
      listeners.clear();
    },
  };
};
