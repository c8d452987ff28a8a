import { AppError } from "../../errors.ts";
import type { Change, Documents, Stored } from "../../interfaces/documents.ts";
import type { Log } from "../../interfaces/log.ts";
import { sha256Hex } from "../x509/fingerprints.ts";
import type { EffectivePolicy } from "./policy.ts";
import type { EnrolmentTokenDocument } from "./records.ts";
import type { RequestFacts } from "./request.ts";

/** Someone outside who says whether a request is to be signed: an executable, an HTTP service. */
export type Approver = {
  /** For the records: `executable`, `http`. */
  readonly name: string;
  /**
   * Never takes long; what it can't say is a no, with the reason. Throws AppError `unavailable` where too many ask at once:
   * then nothing is decided.
   */
  approve(request: { readonly certname: string; readonly pem: string }): Promise<Approval>;
};
export type Approval = { readonly approved: boolean; readonly reason: string };

export type Decision = {
  readonly sign: boolean;
  /** For the operator. */
  readonly reason: string;
  /** What has to be made together with the certificate: a token is used once. */
  readonly changes: readonly Change[];
};

/** As Puppet's autosign.conf: a certname, `*.example.com`, which also takes `example.com`, or `*`. */
export const matchesGlob = (glob: string, certname: string): boolean => {
  const pattern = glob.toLowerCase();
  if (pattern === "*") return true;
  if (!pattern.startsWith("*.")) return pattern === certname;
  return certname === pattern.slice(2) || certname.endsWith(pattern.slice(1));
};

export const tokenId = (token: string): Promise<string> => sha256Hex(new TextEncoder().encode(token));

/** Says whether a request is signed by itself, and why. The first rule that says yes decides. */
export const createAutosign = (deps: {
  readonly documents: Pick<Documents, "get">;
  /** Whether a node of that name has reported before. */
  readonly isNode: (certname: string) => Promise<boolean>;
  readonly approvers: readonly Approver[];
  /** Names that no rule signs unless it, or a token, names them exactly. */
  readonly reserved: (certname: string) => boolean;
  readonly log: Log;
}) => {
  const { documents, isNode, approvers, reserved, log } = deps;
  const no = (reason: string): Decision => ({ sign: false, reason, changes: [] });
  const yes = (reason: string, ...changes: Change[]): Decision => ({ sign: true, reason, changes });

  const byToken = async (certname: string, token: string, now: number): Promise<Decision | undefined> => {
    const found = await documents.get<EnrolmentTokenDocument>("ca_tokens", await tokenId(token));
    if (!found) return undefined;
    const about = `Enrolment token ${found.id.slice(0, 8)}`;
    if (found.used_at !== null) return no(`${about} was used before, by ${found.used_by}`);
    if (found.expires_at <= now) return no(`${about} has expired`);
    if (!matchesGlob(found.certname, certname) || (reserved(certname) && found.certname !== certname)) {
      // kept with a request that waits it could be read, and used for the right name
      throw new AppError("bad_request", "The request was refused");
    }
    return yes(`${about} of ${found.created_by}`, {
      do: "replace",
      collection: "ca_tokens",
      document: { ...plain(found), used_at: now, used_by: certname },
      version: found.version,
    });
  };

  return async (certname: string, facts: RequestFacts, policy: EffectivePolicy, now: number): Promise<Decision> => {
    const { autosign } = policy;
    const token = facts.challengePassword === undefined
      ? undefined
      : await byToken(certname, facts.challengePassword, now);
    if (token?.sign) return token;
    // a name with rights, or of our own, is nothing that the first one who asks may have: it must be meant
    const meant = autosign !== "off" && autosign !== "all" && autosign.includes(certname);
    if (reserved(certname) && !meant) return no("A name with rights of its own, or of hoppetdb's listeners");
    if (autosign === "all") return yes("Everything is signed (autosign)");
    const glob = autosign === "off" ? undefined : autosign.find((each) => matchesGlob(each, certname));
    if (glob !== undefined) return yes(`The name matches "${glob}" (autosign)`);
    if (policy.autosign_known_nodes && await isNode(certname)) return yes("The node is known");
    const reasons = token ? [token.reason] : [];
    for (const each of approvers) {
      const { approved, reason } = await each.approve({ certname, pem: facts.pem });
      log.info("Request was judged", { certname, by: each.name, approved, reason });
      if (approved) return yes(`${each.name}: ${reason}`);
      reasons.push(`${each.name}: ${reason}`);
    }
    return no(reasons.length > 0 ? reasons.join("; ") : "No rule signs it by itself");
  };
};

const plain = ({ version: _, ...document }: Stored<EnrolmentTokenDocument>): EnrolmentTokenDocument =>
  document as EnrolmentTokenDocument;
