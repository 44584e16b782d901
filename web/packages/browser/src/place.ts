/** Where this device is, by the browser's geolocation. */

import type { Place, PlaceFault, PlacePort } from "@crosspatch/state/ports";

const OPTIONS: PositionOptions = { enableHighAccuracy: true, maximumAge: 10_000, timeout: 20_000 };
/** GeolocationPositionError codes (W3C Geolocation section 10). */
const PERMISSION_DENIED = 1;

export const browserPlace: PlacePort = {
  watch: (found, failed) => {
    if (!isSecureContext || !("geolocation" in navigator)) {
      // Later, as the browser itself would answer.
      queueMicrotask(() => failed("insecure"));
      return () => undefined;
    }
    const watch = navigator.geolocation.watchPosition(
      (position) => found(placeOf(position)),
      (error) => failed(faultOf(error)),
      OPTIONS,
    );
    return () => navigator.geolocation.clearWatch(watch);
  },
};

function placeOf({ coords, timestamp }: GeolocationPosition): Place {
  // Both are this device's own clock; it may have been set meanwhile.
  const age_ms = Math.max(0, Math.round(Date.now() - timestamp));
  return { lat: coords.latitude, lon: coords.longitude, accuracy_m: coords.accuracy, age_ms };
}

function faultOf(error: GeolocationPositionError): PlaceFault {
  return error.code === PERMISSION_DENIED ? "refused" : "unavailable";
}
