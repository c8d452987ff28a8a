/**
 * Migration 3: title and tags of resources as they are shown, where Puppet marked something in them as sensitive for
 * the node, made with the version of its marks that `shown_marks` of the node names (0: there were none). Few rows have
 * any.
 */
export const shownResources = `
ALTER TABLE nodes ADD COLUMN shown_marks INTEGER NOT NULL DEFAULT 0;
CREATE TABLE shown_resources (
  node INTEGER NOT NULL REFERENCES nodes ON DELETE CASCADE, content INTEGER NOT NULL, title TEXT NOT NULL,
  tags TEXT NOT NULL, PRIMARY KEY (node, content)
) WITHOUT ROWID;
`;
