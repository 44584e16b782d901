/** The browser's WebSocket behind the protocol's small port. */

import type { Connect } from "@crosspatch/protocol/socket";
import { SUBPROTOCOL_MSGPACK } from "@crosspatch/protocol/wire";

/** Opens `/ws` of the page's own origin. */
export const connectHere: Connect = (events) => {
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws`, SUBPROTOCOL_MSGPACK);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }) => {
    // A text frame is not of this subprotocol; empty bytes are no message either, so the client drops the link.
    events.received(data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array());
  };
  socket.onclose = ({ code }) => events.closed(code);
  return {
    send: (bytes) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(bytes);
    },
    close: () => socket.close(),
  };
};
