// Leads the page through another UDP port: every candidate that comes in an answer names that one.
(() => {
  const port = DETOUR_PORT;
  const describe = RTCPeerConnection.prototype.setRemoteDescription;
  const detoured = (sdp) =>
    sdp.replace(/^(a=candidate:\S+ \d+ udp \d+ \S+) \d+ /gim, (_, head) => `${head} ${port} `);
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    return describe.call(this, { type: description.type, sdp: detoured(description.sdp) });
  };
})();
