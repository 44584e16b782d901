/** What the client needs of a WebSocket; the browser's one fits behind it in a few lines (apps). */

export interface Socket {
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** Called by the socket; after `closed` nothing more comes. */
export interface SocketEvents {
  opened(): void;
  received(bytes: Uint8Array): void;
  /** `code`: the WebSocket close code, 1006 when the link broke. */
  closed(code: number): void;
}

/** Starts to connect, with the msgpack subprotocol. Must not call back before it returns. */
export type Connect = (events: SocketEvents) => Socket;
