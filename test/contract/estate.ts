import type { OpenStore } from "./documents.ts";
export const describeEstate = (_name: string, _open: OpenStore): void => {};
