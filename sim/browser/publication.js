// Makes of a page a WHIP publisher with a camera in two simulcast layers, or a WHEP viewer that writes down every
// picture that it presents. After camera.js and instruments.js.
(() => {
  const GATHER_MS = 3_000;
  const ROWS_MAX = 50_000;
  const WIDTH = 640;
  const HEIGHT = 480;
  const RATE = 10;
  const PATCHES = 40;

  const wallTime = () => performance.timeOrigin + performance.now();

  // After an offer was set: its candidates, or those of the first seconds.
  const gathered = (connection) =>
    new Promise((resolve) => {
      setTimeout(resolve, GATHER_MS);
      connection.addEventListener('icegatheringstatechange', () => {
        if (connection.iceGatheringState === 'complete') resolve();
      });
    });

  async function exchange(connection, url, token) {
    await connection.setLocalDescription();
    await gathered(connection);
    const authorization = { Authorization: `Bearer ${token}` };
    const headers = { ...authorization, 'Content-Type': 'application/sdp' };
    const answer = await fetch(url, { method: 'POST', headers, body: connection.localDescription.sdp });
    if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
    publication.session = { url: new URL(answer.headers.get('Location'), url), authorization };
    await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  }

  const linesOf = (sdp, ...starts) => sdp.split('\r\n').filter((line) => starts.some((start) => line.startsWith(start)));
  const firstOf = (sdp, start) => linesOf(sdp, start)[0];

  // The ICE half of an offer in one bundle (RFC 9725 section 4.3.3).
  function fragmentOf(sdp) {
    const [bundled] = sdp.split('\r\nm=').slice(1);
    const candidates = linesOf(bundled, 'a=candidate:', 'a=end-of-candidates');
    const credentials = ['a=ice-ufrag:', 'a=ice-pwd:'].map((start) => firstOf(sdp, start));
    const line = ['m=audio 9 RTP/AVP 0', firstOf(bundled, 'a=mid:')];
    return [...credentials, ...line, ...candidates, ''].join('\r\n');
  }

  // The answer that stands, with the ICE of a fragment: nothing else of it has changed.
  function answerWith(sdp, fragment) {
    const candidates = linesOf(fragment, 'a=candidate:');
    const changed = sdp.split('\r\n').flatMap((line) => {
      if (line.startsWith('a=candidate:')) return [];
      if (line.startsWith('a=ice-ufrag:')) return [firstOf(fragment, 'a=ice-ufrag:')];
      if (line.startsWith('a=ice-pwd:')) return [firstOf(fragment, 'a=ice-pwd:'), ...candidates];
      return [line];
    });
    return changed.join('\r\n');
  }

  // New patches of colour in every picture, so that the upper layer needs all the rate it may have; on plain ground, so that a
  // keyframe is not much larger than other pictures and the encoder of the lower layer need not rest after it.
  function camera() {
    const canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
    const context = canvas.getContext('2d');
    const out = canvas.captureStream(0);
    const [track] = out.getVideoTracks();
    let number = 0;
    setInterval(() => {
      context.fillStyle = 'gray';
      context.fillRect(0, 0, WIDTH, HEIGHT);
      for (let patch = 0; patch < PATCHES; patch++) {
        context.fillStyle = `hsl(${Math.random() * 360} 60% 50%)`;
        context.fillRect(Math.random() * WIDTH, Math.random() * HEIGHT, 24, 24);
      }
      instruments.camera.burn(context, number++ & 0xffff, instruments.camera.source);
      track.requestFrame();
    }, 1000 / RATE);
    return track;
  }

  const publication = { connection: null, session: null, rows: [], encoded: [] };

  async function speaking() {
    const connection = (publication.connection = new RTCPeerConnection());
    const [sound] = (await instruments.microphone.stream()).getAudioTracks();
    connection.addTransceiver(sound, { direction: 'sendonly' });
    return connection;
  }

  publication.publish = async (url, token) => {
    const connection = await speaking();
    const sendEncodings = [
      { rid: 'l', scaleResolutionDownBy: 2, maxBitrate: 120_000 },
      { rid: 'h', maxBitrate: 600_000 },
    ];
    const { sender } = connection.addTransceiver(camera(), { direction: 'sendonly', sendEncodings });
    await sender.setParameters({ ...sender.getParameters(), degradationPreference: 'maintain-resolution' });
    await exchange(connection, url, token);
  };

  publication.view = async (url, token) => {
    const connection = (publication.connection = new RTCPeerConnection());
    connection.addTransceiver('audio', { direction: 'recvonly' });
    connection.addTransceiver('video', { direction: 'recvonly' });
    connection.addEventListener('track', ({ track }) => {
      if (track.kind !== 'video') return;
      const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true });
      document.body.append(video);
      const next = () => {
        video.requestVideoFrameCallback(next);
        if (publication.rows.length < ROWS_MAX) publication.rows.push([wallTime(), video.videoHeight]);
      };
      video.requestVideoFrameCallback(next);
      video.srcObject = new MediaStream([track]);
    });
    await exchange(connection, url, token);
  };

  publication.publishSound = async (url, token) => {
    await exchange(await speaking(), url, token);
  };

  // An ICE restart by PATCH; the page's new ufrag.
  publication.restart = async (ifMatch) => {
    const { connection, session } = publication;
    const before = connection.remoteDescription.sdp;
    await connection.setLocalDescription(await connection.createOffer({ iceRestart: true }));
    await gathered(connection);
    const offer = connection.localDescription.sdp;
    const headers = { ...session.authorization, 'If-Match': ifMatch, 'Content-Type': 'application/trickle-ice-sdpfrag' };
    const answer = await fetch(session.url, { method: 'PATCH', headers, body: fragmentOf(offer) });
    const fragment = await answer.text();
    if (answer.status !== 200) throw new Error(`${answer.status}: ${fragment}`);
    await connection.setRemoteDescription({ type: 'answer', sdp: answerWith(before, fragment) });
    return firstOf(offer, 'a=ice-ufrag:').slice('a=ice-ufrag:'.length);
  };

  // The ufrag under which the path was checked that media takes now.
  publication.pathName = async () => {
    const stats = await publication.connection.getStats();
    const transport = [...stats.values()].find(({ type }) => type === 'transport');
    const pair = transport && stats.get(transport.selectedCandidatePairId);
    return pair?.state === 'succeeded' ? stats.get(pair.localCandidateId)?.usernameFragment : undefined;
  };

  // What the browser says it sends or gets, by kind of media, in the words of webrtc-stats.
  publication.stats = async () => {
    const rows = [...(await publication.connection.getStats()).values()];
    return rows.filter(({ type }) => type === 'inbound-rtp' || type === 'outbound-rtp').map((row) => ({ ...row }));
  };

  window.instruments = { ...window.instruments, publication };
})();
