// Lets a story say things to the page as if its gateway had, and read what the gateway has said.
globalThis.wiretap = {
  socket: null,
  heard: [],

  /** Messages in base64, `together` of them in each task, as a network hands them over. */
  async say(messages, together) {
    for (let from = 0; from < messages.length; from += together) {
      for (const message of messages.slice(from, from + together)) {
        const data = Uint8Array.from(atob(message), (character) => character.charCodeAt(0)).buffer;
        this.socket.dispatchEvent(new MessageEvent("message", { data }));
      }
      await new Promise((resume) => {
        const turn = new MessageChannel();
        turn.port1.onmessage = resume;
        turn.port2.postMessage(null);
      });
    }
  },
};

globalThis.WebSocket = class extends WebSocket {
  constructor(...where) {
    super(...where);
    wiretap.socket = this;
    this.addEventListener("message", ({ data, isTrusted }) => {
      if (isTrusted) wiretap.heard.push(btoa(String.fromCharCode(...new Uint8Array(data))));
    });
  }
};
