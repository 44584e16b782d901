/** Every sentence about messages, status codes and positions. */

import type { TextFault } from "@crosspatch/state/outbox";
import type { SharingState } from "@crosspatch/state/position_sharing";
import type { StatusCode } from "@crosspatch/state/wire_names";

/** Refusals that have a sentence of their own; all others are `internal`. */
export type DataRefusal = "not_allowed" | "expired" | "not_in_room" | "invalid" | "internal";

export interface DataWords {
  readonly message: {
    readonly title: string;
    readonly empty: string;
    readonly label: string;
    readonly send: string;
    /** Own messages stand under this name. */
    readonly you: string;
    readonly fault: Readonly<Record<TextFault, string>>;
    /** Characters that still fit. */
    readonly left: (n: number) => string;
    readonly unsent: string;
    readonly sending: string;
    readonly stored: string;
    readonly delivered: (n: number) => string;
    readonly seen: (n: number) => string;
    readonly refused: Readonly<Record<DataRefusal, string>>;
    readonly again: string;
    readonly discard: string;
    readonly fresh: (n: number) => string;
    readonly earlier: string;
    readonly gap: string;
    readonly readOnly: string;
  };
  readonly status: {
    readonly title: string;
    readonly code: Readonly<Record<StatusCode, string>>;
    readonly unsent: string;
    readonly sending: string;
    readonly refused: string;
  };
  readonly map: {
    readonly title: string;
    readonly empty: string;
    readonly here: (n: number) => string;
    readonly stale: (n: number) => string;
    readonly outside: (n: number) => string;
    readonly ago: (duration: string) => string;
    readonly accuracy: (distance: string) => string;
    readonly own: string;
    readonly north: string;
    readonly zoomIn: string;
    readonly zoomOut: string;
    readonly fit: string;
    readonly list: string;
    readonly keys: string;
  };
  /** One's own. */
  readonly position: {
    readonly title: string;
    /** Beside the choice on the first page. */
    readonly why: string;
    readonly leaving: string;
    readonly start: string;
    readonly stop: string;
    readonly state: Readonly<Record<SharingState["key"], string>>;
    /** Known here, and not yet there. */
    readonly waits: string;
  };
  readonly level: {
    readonly messages: string;
    /** Unread. */
    readonly unread: (n: number) => string;
    readonly more: string;
    readonly back: string;
    readonly map: string;
  };
}
