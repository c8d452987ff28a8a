import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Log } from "../../handlers/interfaces/log.ts";
import type { Upstream } from "../../handlers/interfaces/upstream.ts";
import type { Trust } from "./trust.ts";

const path = "/puppet-ca/v1/certificate_revocation_list/ca";
const source = "puppetserver";
const largest = 32 * 1024 * 1024;

export type CrlFetch = {
  /** Fetches once. True: what came is in force; false: it was logged why not, and the old list goes on. */
  run(): Promise<boolean>;
  close(): void;
};

/**
 * Keeps the Puppetserver's CRL (HOPPETDB_CA=proxy): the one that `file` kept from before at once, then a new one each
 * minute. A list counts only when an authority of ours signed it.
 */
export const fetchCrl = (options: {
  readonly upstream: Upstream;
  readonly trust: Trust;
  readonly file: string;
  readonly log: Log;
  readonly everyMs?: number;
  readonly timeoutMs?: number;
}): CrlFetch => {
  const { upstream, trust, file, log } = options;
  const ended = new AbortController();
  let last = "";
  try {
    if (existsSync(file)) trust.setCrls(source, last = readFileSync(file, "utf8"));
  } catch (error) {
    log.warn("Kept CRL is not used", { file, reason: (error as Error).message });
  }

  const run = async (): Promise<boolean> => {
    const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(options.timeoutMs ?? 20_000)]);
    try {
      const headers = new Headers({ Accept: "text/plain", "Accept-Encoding": "identity", "X-Client-Verify": "NONE" });
      const response = await upstream.fetch({ method: "GET", path, headers, body: null, signal });
      const text = await textOf(response, signal);
      if (response.status !== 200) throw new Error(`The Puppetserver answered ${response.status}`);
      if (text !== last) {
        trust.setCrls(source, text);
        keep(file, text);
        last = text;
      }
      trust.warnStale();
      return true;
    } catch (error) {
      if (!ended.signal.aborted) {
        log.warn("CRL of the Puppetserver was not renewed", { reason: (error as Error).message });
      }
      return false;
    }
  };

  let running = run();
  const timer = setInterval(() => {
    void running.then(() => ended.signal.aborted || (running = run()));
  }, options.everyMs ?? 60_000);
  timer.unref();
  return {
    run: async () => {
      await running;
      return running = run();
    },
    close: () => {
      clearInterval(timer);
      ended.abort();
    },
  };
};

const textOf = async (response: Response, signal: AbortSignal): Promise<string> => {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    signal.throwIfAborted();
    text += decoder.decode(chunk, { stream: true });
    if (text.length > largest) throw new Error(`The CRL is larger than ${largest} bytes`);
  }
  return text;
};

const keep = (file: string, text: string): void => {
  const draft = `${file}.${crypto.randomUUID()}`;
  writeFileSync(draft, text, { mode: 0o600, flag: "wx" });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
};
