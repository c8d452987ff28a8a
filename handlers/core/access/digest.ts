/** SHA-256 of a text, as 64 hex digits. */
export const sha256 = async (text: string): Promise<string> => {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
};

/**
 * The same for texts that come again and again, as the tokens of requests do: WebCrypto takes a tenth of a millisecond,
 * most of it for the way there and back. What is kept is in memory only, and never more than `most`.
 */
export const createDigests = (most = 10_000): (text: string) => Promise<string> => {
  const known = new Map<string, string>();
  return async (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const digest = await sha256(text);
    if (known.size >= most) known.clear();
    known.set(text, digest);
    return digest;
  };
};
