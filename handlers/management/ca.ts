import { Hono } from "hono";
import type { Teams } from "../core/access/teams.ts";
import type { Ca } from "../core/ca/types.ts";
import { AppError } from "../errors.ts";
import type { SessionEnv } from "../http/session.ts";
import type { Clock } from "../interfaces/clock.ts";
import type { Redactor } from "../interfaces/redactor.ts";
import { authoritiesApi } from "./ca/authorities.ts";
import { certificatesApi } from "./ca/certificates.ts";
import { spacesApi } from "./ca/spaces.ts";
import { tokensApi } from "./ca/tokens.ts";

type Deps = {
  readonly ca: Ca;
  readonly redactor: () => Redactor;
  readonly clock: Clock;
  /** What a removed authority or space had as permissions goes with it. */
  readonly teams: Pick<Teams, "forget">;
};
type CaApi = ReturnType<typeof routes>;

/** `/api/v1/ca`: our own certificate authority. `ca`: undefined where it is elsewhere. */
export const caApi = ({ ca, ...deps }: Omit<Deps, "ca"> & { readonly ca: Ca | undefined }): CaApi =>
  ca ? routes({ ca, ...deps }) : elsewhere() as unknown as CaApi;

const routes = ({ ca, redactor, clock, teams }: Deps) => {
  const showing = () => ({ redactor: redactor(), now: clock.now() });
  return new Hono<SessionEnv>()
    .route("/authorities", authoritiesApi({ ...ca, teams }))
    .route("/spaces", spacesApi({ ...ca, teams }))
    .route("/certificates", certificatesApi({ certificates: ca.certificates, showing }))
    .route("/tokens", tokensApi(ca));
};

const elsewhere = () =>
  new Hono<SessionEnv>().use(() => {
    throw new AppError("not_found", "The certificate authority is the Puppetserver here (HOPPETDB_CA=proxy)");
  });
