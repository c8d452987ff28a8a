/**
 * What an agent needs before it has a certificate: the CA's certificate, its CRL, its own request and certificate. All of
 * it is answered without saying who asks.
 */
export const isOpenCaPath = (method: string, segments: readonly string[]): boolean => {
  const [service, version, kind, name = ""] = segments;
  if (service !== "puppet-ca" || version !== "v1" || segments.length !== 4 || name === "") return false;
  switch (kind) {
    case "certificate":
      return method === "GET";
    case "certificate_revocation_list":
      return method === "GET" && name === "ca";
    case "certificate_request":
      return method === "GET" || method === "PUT";
    default:
      return false;
  }
};
