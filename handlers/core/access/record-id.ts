import { AppError } from "../../errors.ts";

/**
 * The ids that people give to teams, groups and the like: they stand in paths, in permissions and in logs. Letters, digits
 * and `. _ - @ +`, so no `:`, `/` or control character; the first one is a letter or a digit, so none is `_self`.
 */
export const recordIdPattern = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/;

/** Throws AppError `invalid` for what can be no id. */
export const checkRecordId = (id: string, what: string): void => {
  if (recordIdPattern.test(id)) return;
  throw new AppError(
    "invalid",
    `"${
      id.slice(0, 60)
    }" can be no id of a ${what}: expected letters, digits and ._@+-, up to 128, a letter or digit first`,
    { field: "id" },
  );
};
