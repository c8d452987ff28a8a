/** Asks again and again until it holds; throws the last failure after `withinMs`. */
export const eventually = async (check: () => void | Promise<void>, withinMs = 5000): Promise<void> => {
  const end = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
};
