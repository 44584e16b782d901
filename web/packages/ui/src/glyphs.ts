/** Names of the state glyphs: each state has its own silhouette (ui.md section 1). */

export type GlyphName =
  | "idle"
  | "ear"
  | "rx"
  | "tx"
  | "tx-wanted"
  | "deny"
  | "revoke"
  | "cast"
  | "people"
  | "mic"
  | "mic-off"
  | "no-network"
  | "wave-fault"
  | "check"
  | "slow"
  | "clock"
  | "sun"
  | "moon"
  | "leave"
  | "sound-off"
  | "away";
