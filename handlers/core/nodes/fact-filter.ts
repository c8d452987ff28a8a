import { AppError } from "../../errors.ts";
import type { Condition, Scalar } from "../query/plan.ts";
import { type FactOp, factPath, factTest, type FactType } from "./fact-test.ts";

const form = /:(eq|ne|gte|gt|lte|lt|nin|in|regex):(str|int|float|bool):/;

/**
 * `<fact>:<op>:<type>:<value>` as a condition on the entity `nodes`. The first `:<op>:<type>:` divides it, so that a value
 * may hold any colon. `in` and `nin` take values with commas between them. Throws AppError `bad_request`, field `fact`.
 */
export const factFilter = (text: string): Condition => {
  const found = form.exec(text);
  if (!found || found.index === 0) {
    throw bad(`Cannot read the fact filter "${text.slice(0, 200)}": expected <fact>:<op>:<type>:<value>, e.g. os.family:eq:str:Debian`);
  }
  const [divider, op, type] = found as unknown as [string, FactOp, FactType];
  const value = text.slice(found.index + divider.length);
  const values = (op === "in" || op === "nin" ? value.split(",") : [value]).map((each) => scalar(each, type));
  return factTest({ path: factPath(text.slice(0, found.index)), op, type, values });
};

const scalar = (text: string, type: FactType): Scalar => {
  switch (type) {
    case "str":
      return text;
    case "bool":
      if (/^(1|true|True)$/.test(text)) return true;
      if (/^(0|false|False)$/.test(text)) return false;
      throw bad(`"${text.slice(0, 60)}" is neither true nor false`);
    case "int":
      if (/^[-+]?\d{1,18}$/.test(text)) return Number(text);
      throw bad(`"${text.slice(0, 60)}" is no whole number`);
    case "float":
      if (/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?$/.test(text) && Number.isFinite(Number(text))) return Number(text);
      throw bad(`"${text.slice(0, 60)}" is no number`);
    default:
      throw type satisfies never;
  }
};

const bad = (message: string): AppError => new AppError("bad_request", message, { field: "fact" });
