import type { z } from "zod";
import type { AppError } from "../../errors.ts";
import type { CatalogResource, ReplaceCatalog } from "../../interfaces/command.ts";
import { stringify } from "../json/exact-json.ts";
import type { catalogSchema } from "./catalog-schema.ts";
import { canonical, sha1 } from "./hashing.ts";

/**
 * A catalog in its newest form. `exact` is the payload with its numbers as they were sent. Both ends of an edge must be
 * resources of the catalog (by title or alias), and no resource may be there twice.
 */
export const catalogOf = async (
  catalog: z.output<typeof catalogSchema>,
  exact: Readonly<Record<string, unknown>>,
  invalid: (why: string) => AppError,
): Promise<ReplaceCatalog> => {
  const parameters = (exact.resources as { parameters?: unknown }[]).map((each) => each.parameters ?? {});
  const known = new Set<string>();
  catalog.resources.forEach(({ type, title }, at) => {
    const ref = refOf(type, title);
    if (known.has(ref)) throw invalid(`resources[${at}]: "${type}[${title}]" is there twice`);
    known.add(ref);
  });
  for (const { type, aliases } of catalog.resources) for (const alias of aliases) known.add(refOf(type, alias));
  catalog.edges.forEach((edge, at) => {
    for (const end of ["source", "target"] as const) {
      const { type, title } = edge[end];
      if (!known.has(refOf(type, title))) {
        throw invalid(`edges[${at}].${end}: "${type}[${title}]" is no resource of the catalog`);
      }
    }
  });

  const resources = await Promise.all(catalog.resources.map(async (each, at): Promise<CatalogResource> => {
    const { type, title, exported, file, line, tags } = each;
    const resource = await sha1(canonical([type, title, parameters[at]]));
    return { type, title, resource, exported, file, line, tags, parameters: stringify(parameters[at]) };
  }));
  const edges = catalog.edges.map(({ source, target, relationship }) => ({
    source_type: source.type,
    source_title: source.title,
    target_type: target.type,
    target_title: target.title,
    relationship,
  }));
  const content = [
    catalog.certname,
    resources.map(({ parameters: _, ...rest }) => canonical(rest)).sort(),
    edges.map(canonical).sort(),
  ];
  const { resources: _resources, edges: _edges, catalog_uuid, ...about } = catalog;
  return {
    command: "replace catalog",
    ...about,
    // versions before 8 have one id for both
    catalog_uuid: catalog_uuid ?? about.transaction_uuid,
    hash: await sha1(canonical(content)),
    resources,
    edges,
  };
};

const refOf = (type: string, title: string): string => `${type}\0${title}`;
