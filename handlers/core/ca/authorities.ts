import { AppError } from "../../errors.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Change, Documents, Stored } from "../../interfaces/documents.ts";
import type { NewKey, SigningKeys } from "../../interfaces/signer.ts";
import { DerError } from "../x509/der.ts";
import { pemOf } from "../x509/pem.ts";
import { readPrivateKey } from "../x509/private-key.ts";
import { keyIdentifier } from "../x509/public-key.ts";
import { writeCertificate, writeName, writeRequest } from "../x509/write-certificate.ts";
import { sequence } from "../x509/write-der.ts";
import { authorityFacts, type OpenCertificate, openCertificates } from "./authority-facts.ts";
import { checkChain } from "./check-chain.ts";
import { contended } from "./contended.ts";
import { type Crls, nextCrl } from "./crl.ts";
import type { Directory } from "./directory.ts";
import { crlsOf } from "./external-crls.ts";
import { is } from "./find.ts";
import { authorityExtensions, randomSerial } from "./issue.ts";
import type { Authority, AuthorityDocument, RevocationDocument } from "./records.ts";
import type { Authorities } from "./types.ts";

const day = 86_400_000;
/** A root outlives what it signs; Puppet's own lasts 15 years. */
const defaultDays = 15 * 365;

/** What the first version of every authority's record has. */
const blank = { external_crls: [], request: null, chain: [], parent_id: null } as const;

/** The certificate authorities: made here, taken from elsewhere, or signed by an external root. */
export const createAuthorities = (deps: {
  readonly documents: Documents;
  readonly directory: Directory;
  readonly keys: SigningKeys;
  readonly crls: Crls;
  readonly clock: Clock;
  /** Milliseconds that a CRL is valid. */
  readonly crlValidity: number;
}): Authorities => {
  const { documents, directory, keys, crls, clock, crlValidity } = deps;

  /** Record and key in one step: neither is ever there without the other. */
  const keep = async (document: AuthorityDocument, key: NewKey, ...more: readonly Change[]): Promise<Authority> => {
    await documents.change([key.change, { do: "insert", collection: "ca_authorities", document }, ...more]);
    return document;
  };
  const checkFree = async (id: string): Promise<void> => {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) {
      throw new AppError("invalid", `"${id}" cannot be an id, expected letters, digits, _ and -`, { field: "id" });
    }
    if (await documents.get("ca_authorities", id)) throw new AppError("conflict", `Authority "${id}" exists already`);
  };
  const sign = async (
    what: { readonly id: string; readonly cn: string; readonly organization?: string; readonly days: number },
    key: NewKey,
    parent: string | null,
  ): Promise<OpenCertificate> => {
    const now = clock.now();
    const name = writeName(what.cn, what.organization);
    const { publicKey } = key.signer;
    const above = parent === null ? undefined : await directory.issuer(parent);
    // below a root one level of authorities that sign, below those none
    const level = parent === null ? undefined : 0;
    const der = await writeCertificate({
      serial: randomSerial(),
      issuer: above?.name ?? name,
      notBefore: Math.max(now - day, above?.notBefore ?? 0),
      notAfter: Math.min(now + what.days * day, above?.notAfter ?? Infinity),
      subject: name,
      publicKey,
      extensions: await authorityExtensions(publicKey, above?.keyIdentifier ?? await keyIdentifier(publicKey), level),
    }, above?.signer ?? key.signer);
    return openCertificates(pemOf(der, "CERTIFICATE"), "certificate")[0]!;
  };
  const checkKey = (key: NewKey, certificate: OpenCertificate): void => {
    const [a, b] = [key.signer.publicKey, certificate.publicKey];
    if (a.length === b.length && a.every((byte, at) => byte === b[at])) return;
    throw new AppError("invalid", "The private key does not belong to the certificate", { field: "private_key" });
  };
  /** Of two with one key each would vouch for what the other one has revoked. */
  const checkNew = async <T extends { readonly key_id: string }>(id: string, facts: T): Promise<T> => {
    const same = [...(await directory.now()).authorities.values()].find((each) =>
      each.id !== id && each.key_id === facts.key_id
    );
    if (same) throw new AppError("conflict", `Authority "${same.id}" has this key already`, { field: "certificate" });
    return facts;
  };
  const users = async (id: string): Promise<string[]> =>
    [...(await directory.now()).spaces.values()].filter(({ ca_id }) => ca_id === id).map((space) => space.id);
  const stored = async (id: string): Promise<Stored<AuthorityDocument>> => {
    const found = await documents.get<AuthorityDocument>("ca_authorities", id);
    if (!found) throw new AppError("not_found", `There is no authority "${id}"`);
    return found;
  };

  return {
    list: async () => [...(await directory.now()).authorities.values()],
    get: async (id) => (await directory.now()).authorities.get(id),
    crl: crls.current,

    create: async ({ id, parent_id = null, cn, organization, key: kind = "rsa-4096", validity_days = defaultDays }) => {
      await checkFree(id);
      if (parent_id !== null && directory.open(await directory.authority(parent_id)).facts.pathLength === 0) {
        throw new AppError("invalid", `Authority "${parent_id}" may have no authorities below it (pathlen)`, {
          field: "parent_id",
        });
      }
      const key = await keys.create(id, kind);
      const what = { id, cn, days: validity_days, ...(organization === undefined ? {} : { organization }) };
      const certificate = await sign(what, key, parent_id);
      return await keep({
        ...blank,
        id,
        parent_id,
        ...await authorityFacts(certificate),
        has_key: true,
        status: "active",
        created_at: clock.now(),
        crl: nextCrl(null, clock.now(), crlValidity),
      }, key);
    },

    upload: async ({ id, certificate: pem, private_key, chain = [], crls: lists }) => {
      await checkFree(id);
      const key = await keys.adopt(id, pkcs8Of(private_key));
      const [certificate, ...inFile] = openCertificates(pem, "certificate");
      const above = [...inFile, ...chain.flatMap((each) => openCertificates(each, "chain"))];
      checkKey(key, certificate!);
      await checkChain(certificate!, above);
      return await keep({
        ...blank,
        id,
        ...await checkNew(id, await authorityFacts(certificate!)),
        chain: above.map(({ der }) => pemOf(der, "CERTIFICATE")),
        has_key: true,
        status: "active",
        created_at: clock.now(),
        crl: nextCrl(null, clock.now(), crlValidity),
        external_crls: lists === undefined ? [] : await crlsOf(lists, above),
      }, key);
    },

    request: async ({ id, cn, key: kind = "rsa-4096" }) => {
      await checkFree(id);
      const key = await keys.create(id, kind);
      const der = await writeRequest(writeName(cn), [
        // what the root is asked for; it decides
        ...(await authorityExtensions(key.signer.publicKey, sequence(), undefined)).slice(0, 2),
      ], key.signer);
      const now = clock.now();
      return await keep({
        ...blank,
        id,
        cn,
        subject: `CN=${cn}`,
        issuer: "",
        serial: "",
        not_before: now,
        not_after: now,
        fingerprints: { SHA1: "", SHA256: "", SHA512: "" },
        key_id: "",
        certificate: "",
        has_key: true,
        status: "pending",
        request: pemOf(der, "CERTIFICATE REQUEST"),
        created_at: now,
        crl: null,
      }, key);
    },

    install: ({ id, certificate: pem, chain, crls: lists }) =>
      contended(async () => {
        const { version, ...pending } = await stored(id);
        if (pending.status !== "pending") throw new AppError("conflict", `Authority "${id}" waits for no certificate`);
        const [certificate, ...inFile] = openCertificates(pem, "certificate");
        const above = [...inFile, ...chain.flatMap((each) => openCertificates(each, "chain"))];
        checkKey({ signer: await keys.signer(id) } as NewKey, certificate!);
        await checkChain(certificate!, above);
        const document = {
          ...pending,
          ...await checkNew(id, await authorityFacts(certificate!)),
          chain: above.map(({ der }) => pemOf(der, "CERTIFICATE")),
          status: "active",
          request: null,
          crl: nextCrl(null, clock.now(), crlValidity),
          external_crls: lists === undefined ? [] : await crlsOf(lists, above),
        } as AuthorityDocument;
        await documents.replace<AuthorityDocument>("ca_authorities", document, version);
        return document;
      }),

    revoke: ({ id, force = false }) =>
      contended(async () => {
        const { version, ...authority } = await stored(id);
        if (authority.status === "revoked") return authority as AuthorityDocument;
        const spaces = await users(id);
        if (spaces.length > 0 && !force) {
          throw new AppError(
            "conflict",
            `Authority "${id}" signs for the spaces ${spaces.join(", ")}: revoking it needs force`,
          );
        }
        if (authority.parent_id === null) {
          throw new AppError(
            "conflict",
            `Authority "${id}" is a root, or was signed elsewhere: nobody here can revoke it`,
          );
        }
        const { version: above, ...parent } = await stored(authority.parent_id);
        const crl = nextCrl(parent.crl, clock.now(), crlValidity);
        const revocation: RevocationDocument = {
          id: `${parent.id}:${authority.serial}`,
          authority: parent.id!,
          serial: authority.serial,
          number: crl.number,
          revoked_at: Math.floor(clock.now() / 1000) * 1000,
          reason: "cACompromise",
          not_after: authority.not_after,
        };
        const document = { ...authority, status: "revoked" } as AuthorityDocument;
        await documents.change([
          { do: "insert", collection: "ca_revocations", document: revocation },
          {
            do: "replace",
            collection: "ca_authorities",
            document: { ...parent, crl } as AuthorityDocument,
            version: above,
          },
          { do: "replace", collection: "ca_authorities", document, version },
        ]);
        return document;
      }),

    remove: async (id) => {
      const { authorities } = await directory.now();
      if (!authorities.has(id)) return false;
      const spaces = [...(await directory.now()).spaces.values()]
        .filter((space) => space.ca_id === id || space.ca_id_history.includes(id)).map((space) => space.id);
      const below = [...authorities.values()].filter(({ parent_id }) => parent_id === id);
      const why = spaces.length > 0
        ? `the spaces ${spaces.join(", ")} use it`
        : below.length > 0
        ? `it is the parent of ${below.map((each) => each.id).join(", ")}`
        : await documents.count("ca_certificates", is("authority", id)) > 0
        ? "certificates of it exist"
        : undefined;
      if (why) throw new AppError("invalid", `Authority "${id}" cannot be removed: ${why}`);
      await documents.change([
        { do: "remove", collection: "ca_authorities", id },
        { do: "remove", collection: "ca_keys", id },
      ]);
      return true;
    },
  };
};

const pkcs8Of = (pem: string) => {
  try {
    return readPrivateKey(pem);
  } catch (error) {
    if (error instanceof DerError) throw new AppError("invalid", error.message, { field: "private_key" });
    throw error;
  }
};
