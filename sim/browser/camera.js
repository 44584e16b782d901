// Runs in a page before its own scripts: a camera whose every picture carries its number, as
// sim/signal/frame_number.py reads it. Pictures are drawn 30 times a second on a canvas.
(() => {
  const BITS = 16;
  const COLUMNS = BITS + 2;
  const STRIP = 1 / 6;
  const RATE = 30;

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

  // Something that moves below the strip, so that a coder has work to do.
  function draw(context, number, source) {
    const { width, height } = context.canvas;
    context.fillStyle = `hsl(${(number * 3) % 360} 40% 45%)`;
    context.fillRect(0, 0, width, height);
    context.fillStyle = '#ddd';
    context.fillRect((number * 7) % width, height / 3, width / 8, height / 2);
    burn(context, number, source);
  }

  function stream(constraints) {
    const wanted = (value, otherwise) => value?.exact ?? value?.ideal ?? value ?? otherwise;
    const canvas = document.createElement('canvas');
    canvas.width = wanted(constraints.width, 1280);
    canvas.height = wanted(constraints.height, 720);
    const context = canvas.getContext('2d');
    const out = canvas.captureStream(0);
    const [track] = out.getVideoTracks();
    let number = 0;
    const timer = setInterval(() => {
      if (track.readyState === 'ended') { clearInterval(timer); return; }
      draw(context, number++ & 0xffff, camera.source);
      track.requestFrame();
    }, 1000 / RATE);
    return out;
  }

  const camera = { source: 0, burn, stream };
  window.instruments = { ...window.instruments, camera };
})();
