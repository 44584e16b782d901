import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { decode, encode } from "@crosspatch/protocol/codec";
import type { ClientMessage } from "@crosspatch/protocol/wire";

interface Vector {
  readonly name: string;
  readonly message: Record<string, unknown>;
  readonly msgpack: string;
}

/** The vectors that the hub's own tests read too. */
function vectors(side: "client" | "server"): Vector[] {
  const path = fileURLToPath(new URL(`../../../../tests/wire/${side}.json`, import.meta.url));
  return JSON.parse(readFileSync(path, "utf-8")) as Vector[];
}

describe("codec", () => {
  it.each(vectors("client"))("writes $name byte for byte as the hub reads it", ({ message, msgpack }) => {
    expect(Buffer.from(encode(message as unknown as ClientMessage)).toString("hex")).toBe(msgpack);
  });

  it.each(vectors("server"))("reads $name as the hub writes it", ({ message, msgpack }) => {
    expect(decode(Buffer.from(msgpack, "hex"))).toEqual(message);
  });

  it("answers null to any other bytes and never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const message = decode(bytes);
        expect(message === null || message === "unknown" || typeof message.type === "string").toBe(true);
      }),
    );
  });
});
