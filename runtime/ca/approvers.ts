import { spawn } from "node:child_process";
import process from "node:process";
import { AppError } from "../../handlers/errors.ts";
import type { Approval, Approver } from "../../handlers/core/ca/autosign.ts";

/** So many that those which hang hold up no other one; so few that a flood of requests starts no flood of processes. */
const atOnce = 32;
const mostWaiting = 100;
const no = (reason: string): Approval => ({ approved: false, reason });

/** A bounded number at a time, a bounded number behind them; whoever comes beyond that is to ask again: nothing is decided, nor kept. */
const limited = (approve: Approver["approve"]): Approver["approve"] => {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (request) => {
    if (running >= atOnce) {
      if (waiting.length >= mostWaiting) {
        throw new AppError("unavailable", "Too many requests wait to be judged", { retryAfter: 60 });
      }
      // it gets the place of one that has ended
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await approve(request);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
};

/**
 * An executable as Puppet calls it: the certname as its argument, the CSR on standard input, exit status 0 for yes. It runs
 * without a shell, with nothing of our environment but PATH, and is killed when it takes too long.
 */
export const executableApprover = (file: string, timeoutMs = 10_000): Approver => ({
  name: "executable",
  approve: limited(({ certname, pem }) =>
    new Promise((resolve) => {
      const child = spawn(file, [certname], {
        stdio: ["pipe", "ignore", "ignore"],
        env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LANG: "C.UTF-8" },
        detached: true,
      });
      const timer = setTimeout(() => {
        end(no(`it took longer than ${timeoutMs} ms`));
        try {
          // with what it may have started
          if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        } catch {
          child.kill("SIGKILL");
        }
      }, timeoutMs);
      const end = (approval: Approval) => {
        clearTimeout(timer);
        resolve(approval);
      };
      child.on("error", (error) => end(no(`it cannot be run: ${error.message}`)));
      child.on("exit", (code, signal) => {
        if (code === 0) end({ approved: true, reason: "exit status 0" });
        else end(no(code === null ? `it was ended by ${signal}` : `exit status ${code}`));
      });
      child.stdin.on("error", () => {});
      child.stdin.end(pem);
    })
  ),
});

/**
 * A service that is asked by POST with `{"certname", "csr"}`; any answer of 200 to 299 is yes. It is asked nowhere else. A
 * user and password in the URL go as Basic authentication. What is told of a failure never has the URL in it.
 */
export const httpApprover = (url: string, timeoutMs = 5000): Approver => {
  const target = new URL(url);
  const { username, password } = target;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers = {
    "Content-Type": "application/json",
    ...(username === "" ? {} : { Authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }),
  };
  target.username = target.password = "";
  return {
    name: "http",
    approve: limited(async ({ certname, pem }) => {
      try {
        const response = await fetch(target, {
          method: "POST",
          headers,
          body: JSON.stringify({ certname, csr: pem }),
          redirect: "error",
          signal: AbortSignal.timeout(timeoutMs),
        });
        await response.body?.cancel();
        return response.ok ? { approved: true, reason: `status ${response.status}` } : no(`status ${response.status}`);
      } catch (error) {
        const late = (error as Error).name === "TimeoutError";
        return no(late ? `it took longer than ${timeoutMs} ms` : "it cannot be reached, or redirects");
      }
    }),
  };
};
