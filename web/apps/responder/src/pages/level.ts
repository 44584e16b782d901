/** What opens over the upper half of the room's page: one level, never a second. */
export type Level = "messages" | "map" | "more";
