/** Which simulcast layers a camera of a given size is sent in (RFC 8853): small pictures have one. Pure. */

/** In the words of RTCRtpEncodingParameters; `maxBitrate` in bit/s. */
export interface Layer {
  readonly rid: string;
  readonly active: boolean;
  readonly scaleResolutionDownBy: number;
  readonly maxBitrate: number;
}

/** Chromium encodes one layer only of anything smaller, and that is the first: it must not be scaled down. */
const TWO_LAYERS_FROM_PX = 480 * 270;
const LARGE_FROM_PX = 960 * 540;
const LOW_BITRATE = 200_000;
const HIGH_BITRATE = 1_200_000;

/** Before the camera is known; the ids and their order stay for the life of the transport. */
export const CAMERA_LAYERS = cameraLayers(1280, 720);

export function cameraLayers(width_px: number, height_px: number): readonly Layer[] {
  const px = width_px * height_px;
  const two = px >= TWO_LAYERS_FROM_PX;
  const down = px >= LARGE_FROM_PX ? 4 : 2;
  return [
    { rid: "l", active: true, scaleResolutionDownBy: two ? down : 1, maxBitrate: LOW_BITRATE },
    { rid: "h", active: two, scaleResolutionDownBy: 1, maxBitrate: HIGH_BITRATE },
  ];
}
