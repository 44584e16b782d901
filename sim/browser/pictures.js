// Runs in a page before its own scripts, after camera.js and instruments.js: writes down every frame that a
// tile of the page presents, with the number burnt into it and whose picture the page says it is at that moment.
(() => {
  const ROWS_MAX = 50_000;
  const STATS_MS = 250;

  const pictures = { rows: [], encoded: [], received: [], followed: new WeakSet(), timer: 0 };

  const wallTime = () => performance.timeOrigin + performance.now();

  // The number is read when the frame is there, the name when both are drawn: callbacks of video frames run before
  // those of animation frames (WICG video-rvfc), and those before the drawing.
  function follow(video) {
    const next = () => {
      video.requestVideoFrameCallback(next);
      const tile = video.closest('[data-testid=tile]');
      if (tile === null) return;
      const at = wallTime();
      const frame = instruments.camera.read(video);
      const { videoHeight: height } = video;
      requestAnimationFrame(() => {
        if (pictures.rows.length >= ROWS_MAX) return;
        const { slot, shown, leg = '', kind = '' } = tile.dataset;
        pictures.rows.push([at, Number(slot), frame?.number ?? -1, frame?.source ?? -1, shown === 'true', leg, kind, height]);
      });
    };
    video.requestVideoFrameCallback(next);
  }

  const srcObject = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
    ...srcObject,
    set(stream) {
      srcObject.set.call(this, stream);
      if (!(this instanceof HTMLVideoElement) || pictures.followed.has(this)) return;
      pictures.followed.add(this);
      follow(this);
    },
  });

  // How many frames this page's camera has had encoded, and how many have come in by each slot, a few times a
  // second from now on. The time is the statistics' own: a page that is slow to ask falsifies nothing.
  pictures.watchFrames = () => {
    clearInterval(pictures.timer);
    pictures.timer = setInterval(async () => {
      for (const connection of instruments.connections) {
        if (connection.connectionState !== 'connected') continue;
        const slots = connection.getTransceivers()
          .filter(({ direction, receiver }) => direction === 'recvonly' && receiver.track.kind === 'video')
          .map(({ mid }) => mid);
        let frames = 0;
        let at = wallTime();
        for (const row of (await connection.getStats()).values()) {
          if (row.kind !== 'video') continue;
          if (row.type === 'outbound-rtp') [at, frames] = [row.timestamp, Math.max(frames, row.framesEncoded ?? 0)];
          const slot = row.type === 'inbound-rtp' ? slots.indexOf(row.mid) : -1;
          if (slot >= 0) pictures.received.push([row.timestamp, slot, row.framesReceived ?? 0]);
        }
        pictures.encoded.push([at, frames]);
      }
    }, STATS_MS);
  };

  pictures.forget = () => { pictures.rows.length = 0; pictures.encoded.length = 0; pictures.received.length = 0; };
  pictures.take = () => ({ rows: pictures.rows, encoded: pictures.encoded, received: pictures.received });

  window.instruments = { ...window.instruments, pictures };
})();
