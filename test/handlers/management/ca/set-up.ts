import type { TestCaOptions } from "../../../support/ca.ts";
import { createTestCa, space } from "../../../support/ca.ts";
import { type RequestOptions, requestPem } from "../../../support/ca-requests.ts";
import { createTestClock } from "../../../support/clock.ts";
import { createMemoryDocuments } from "../../../support/documents.ts";
import { createTestManagement } from "../../../support/management.ts";

/** Port 8000 with a CA behind it, and its admin logged in. */
export const setUp = async (options: TestCaOptions = {}) => {
  const clock = createTestClock();
  const memory = createMemoryDocuments(clock);
  const ca = await createTestCa({ ...options, memory, clock });
  const made = await createTestManagement({ memory, clock, deps: { ca } });
  let call = await made.loggedIn();
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await call(method, `/api/v1/ca${path}`, body);
    return { status: response.status, body: await response.json() };
  };
  return {
    ...made,
    ca,
    call,
    ask,
    /** Once more: a session ends after some hours. */
    logIn: async () => void (call = await made.loggedIn()),
    request: async (certname: string, more: RequestOptions = {}) =>
      await ca.certificates.submit({ space, certname, pem: await requestPem(certname, more), from: "192.0.2.9" }),
  };
};
