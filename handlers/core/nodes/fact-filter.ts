import { AppError } from "../../errors.ts";
import type { Condition, Scalar } from "../query/plan.ts";
import { type FactOp, factOps, factPath, factTest, type FactType, factTypes } from "./fact-test.ts";

const divider = new RegExp(`:(${factOps.join("|")}):(${factTypes.join("|")}):`);

/**
 * `<fact>:<op>:<type>:<value>` as a condition on the entity `nodes` (pyppetdb's fact filter; see `factTest` for what
 * the operators mean and `factPath` for names). The first `:<op>:<type>:` divides it, so that a value may hold any
 * colons, and a name those that are none of it. `in` and `nin` take values with commas between them; spaces count. bool
 * is `1`, `true`, `True`, or `0`, `false`, `False`; `certname` and `environment` are facts here like any other. Throws
 * AppError `bad_request`, field `fact`.
 */
export const factFilter = (text: string): Condition => {
  const found = divider.exec(text);
  if (!found || found.index === 0) {
    throw bad(
      `Cannot read the fact filter "${
        cut(text)
      }", expected <fact>:<op>:<type>:<value> such as os.family:eq:str:Debian, ` +
        `with op ${factOps.join(", ")} and type ${factTypes.join(", ")}`,
    );
  }
  const [whole, op, type] = found as unknown as readonly [string, FactOp, FactType];
  const value = text.slice(found.index + whole.length);
  const values = (op === "in" || op === "nin" ? value.split(",") : [value]).map((each) => scalarOf(each, type));
  return factTest({ path: factPath(text.slice(0, found.index)), op, type, values });
};

const scalarOf = (text: string, type: FactType): Scalar => {
  switch (type) {
    case "str":
      return text;
    case "bool":
      if (/^(1|true|True)$/.test(text)) return true;
      if (/^(0|false|False)$/.test(text)) return false;
      throw bad(`"${cut(text)}" is no bool, expected true or false`);
    case "int":
      if (/^[-+]?\d{1,30}$/.test(text)) return Number(text);
      throw bad(`"${cut(text)}" is no int, expected a whole number such as 42`);
    case "float":
      if (/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?$/.test(text) && Number.isFinite(Number(text))) {
        return Number(text);
      }
      throw bad(`"${cut(text)}" is no float, expected a number such as 1.5`);
    default:
      throw type satisfies never;
  }
};

const cut = (text: string): string => text.length > 100 ? `${text.slice(0, 100)}…` : text;

const bad = (message: string): AppError => new AppError("bad_request", message, { field: "fact" });
