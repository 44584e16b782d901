/** Reads the link once and takes the token out of the address bar, the history and later referrers. */

import { readAddress, type Entrance } from "@crosspatch/state/entrance";

import { keptToken } from "./storage";

export function enterByAddress(): Entrance {
  const { token, room } = readAddress(location.pathname, location.hash);
  if (token !== "") history.replaceState(null, "", room === null ? "/" : `/r/${room}`);
  return { token: token === "" ? keptToken() : token, room };
}
