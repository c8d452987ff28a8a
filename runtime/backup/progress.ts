/** Tells a person how far a long work is. */
export type Progress = {
  /** A new step begins. What it gives is told how much of `total` is done. */
  step(text: string, total?: number): (done: number) => void;
  /** Makes room for other output. */
  end(): void;
};

/** On a terminal one line that is written anew, at most ten times a second; elsewhere a line for each step. */
export const createProgress = (out: { isTTY?: boolean; write(text: string): unknown }): Progress => {
  const clear = "\r\x1b[K";
  let shownAt = 0;
  return {
    step: (text, total = 0) => {
      out.write(out.isTTY ? `${clear}${text} …` : `${text}\n`);
      return (done) => {
        const now = performance.now();
        if (!out.isTTY || total === 0 || now - shownAt < 100) return;
        shownAt = now;
        out.write(`${clear}${text} … ${Math.min(100, Math.floor((done / total) * 100))} %`);
      };
    },
    end: () => {
      if (out.isTTY) out.write(clear);
    },
  };
};
