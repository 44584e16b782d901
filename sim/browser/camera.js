// Runs in a page before its own scripts: a camera and a screen whose every picture carries its number, as
// sim/signal/frame_number.py reads it, and a reader of such numbers. Pictures are drawn on a canvas: as large
// as the page asks for and 30 times a second, or as `camera.shape` says.
(() => {
  const BITS = 16;
  const COLUMNS = BITS + 2;
  const STRIP = 1 / 6;
  const RATE = 30;
  const LEAST_CONTRAST = 60;

  // CRC-8, polynomial 0x07, start 0xFF.
  function crc8(bytes) {
    let crc = 0xff;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
    }
    return crc;
  }

  function burn(context, number, source) {
    const { width, height } = context.canvas;
    const tail = (source << 8) | crc8([number >> 8, number & 0xff, source]);
    [number, tail].forEach((word, row) => {
      const top = Math.round((row * height * STRIP) / 2);
      const bottom = Math.round(((row + 1) * height * STRIP) / 2);
      for (let column = 0; column < COLUMNS; column++) {
        const white = column === 0 || (column <= BITS && (word >> (BITS - column)) & 1);
        const left = Math.round((column * width) / COLUMNS);
        const right = Math.round(((column + 1) * width) / COLUMNS);
        context.fillStyle = white ? '#fff' : '#000';
        context.fillRect(left, top, right - left, bottom - top);
      }
    });
  }

  // The number and source in a picture that a video element shows now; null if there is none or it was damaged.
  // Only the strip is read. As read() of frame_number.py.
  const page = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  function read(video) {
    const { videoWidth: width, videoHeight: height } = video;
    const tall = Math.ceil(height * STRIP);
    if (tall < 2) return null;
    if (page.canvas.width < width || page.canvas.height < tall) Object.assign(page.canvas, { width, height: tall });
    page.drawImage(video, 0, 0, width, tall, 0, 0, width, tall);
    const { data } = page.getImageData(0, 0, width, tall);
    const mean = (row, column) => {
      const top = Math.round(((row + 0.25) * height * STRIP) / 2);
      const bottom = Math.max(Math.round(((row + 0.75) * height * STRIP) / 2), top + 1);
      const left = Math.round(((column + 0.25) * width) / COLUMNS);
      const right = Math.max(Math.round(((column + 0.75) * width) / COLUMNS), left + 1);
      let sum = 0;
      for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += data[(y * width + x) * 4 + 1];
      return sum / ((bottom - top) * (right - left));
    };
    const rows = [0, 1].map((row) => Array.from({ length: COLUMNS }, (_, column) => mean(row, column)));
    const white = Math.min(rows[0][0], rows[1][0]);
    const black = Math.max(rows[0].at(-1), rows[1].at(-1));
    if (white - black < LEAST_CONTRAST) return null;
    const [number, tail] = rows.map((cells) =>
      cells.slice(1, -1).reduce((word, cell) => (word << 1) | (cell > (white + black) / 2 ? 1 : 0), 0));
    const source = tail >> 8;
    return (tail & 0xff) === crc8([number >> 8, number & 0xff, source]) ? { number, source } : null;
  }

  // Something that moves below the strip, so that a coder has work to do.
  function draw(context, number, source) {
    const { width, height } = context.canvas;
    context.fillStyle = `hsl(${(number * 3) % 360} 40% 45%)`;
    context.fillRect(0, 0, width, height);
    context.fillStyle = '#ddd';
    context.fillRect((number * 7) % width, height / 3, width / 8, height / 2);
    burn(context, number, source);
  }

  function stream(constraints, source = () => camera.source) {
    const wanted = (value, otherwise) => value?.exact ?? value?.ideal ?? value ?? otherwise;
    const canvas = document.createElement('canvas');
    canvas.width = camera.shape?.width ?? wanted(constraints.width, 1280);
    canvas.height = camera.shape?.height ?? wanted(constraints.height, 720);
    const context = canvas.getContext('2d');
    // Asked for frame by frame Firefox captures one a second; by itself it captures each that is drawn.
    const byItself = 'mozCaptureStream' in HTMLMediaElement.prototype;
    const out = byItself ? canvas.captureStream() : canvas.captureStream(0);
    const [track] = out.getVideoTracks();
    let number = 0;
    const timer = setInterval(() => {
      if (track.readyState === 'ended') { clearInterval(timer); return; }
      draw(context, number++ & 0xffff, source());
      if (!byItself) track.requestFrame();
    }, 1000 / (camera.shape?.rate ?? RATE));
    return out;
  }

  // `shape`: {width, height, rate} of what is opened from now on. A screen has the source number of its page's
  // camera with the highest bit set.
  const camera = { source: 0, shape: null, burn, read, stream };
  camera.screen = () => stream({}, () => camera.source | 0x80);
  window.instruments = { ...window.instruments, camera };
})();
