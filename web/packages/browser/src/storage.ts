/** What this device and this tab remember; private windows may refuse, then the page forgets. */

import type { StoragePort } from "@crosspatch/state/ports";

const PREFIX = "crosspatch.";
const TOKEN = `${PREFIX}token`;

export const deviceStorage: StoragePort = {
  read: (key) => attempt(() => localStorage.getItem(PREFIX + key)) ?? null,
  write: (key, value) => attempt(() => localStorage.setItem(PREFIX + key, value)),
};

/** For a reload of this tab only: a token is never kept on the device. */
export function keptToken(): string {
  return attempt(() => sessionStorage.getItem(TOKEN)) ?? "";
}

export function keepToken(token: string): void {
  attempt(() => (token === "" ? sessionStorage.removeItem(TOKEN) : sessionStorage.setItem(TOKEN, token)));
}

function attempt<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
