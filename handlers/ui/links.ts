/** A path segment that comes back as it went in, whatever the name: `/`, `%`, unicode. */
const segment = (text: string): string => encodeURIComponent(text.toWellFormed());

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** A path with a query; parameters that are undefined or empty are left out. */
export const link = (path: string, query: Query = {}): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  if (given.length === 0) return path;
  const text = given.map(([name, value]) => `${segment(name)}=${segment(String(value))}`).join("&");
  return `${path}?${text}`;
};

export const nodeLink = (certname: string): string => `/nodes/${segment(certname)}`;
export const factsLink = (certname: string): string => `${nodeLink(certname)}/facts`;
export const catalogLink = (certname: string): string => `${nodeLink(certname)}/catalog`;
export const catalogsLink = (certname: string, id?: string): string =>
  `${nodeLink(certname)}/catalogs${id === undefined ? "" : `/${segment(id)}`}`;
export const reportsLink = (certname: string, id?: string): string =>
  `${nodeLink(certname)}/reports${id === undefined ? "" : `/${segment(id)}`}`;
