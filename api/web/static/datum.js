// Devices report WGS 84; maps published in China are shifted (GCJ-02), by up to 700 m, inside the country only.

const A = 6378245;
const EE = 0.00669342162296594323;
const rad = Math.PI / 180;

const inChina = (lat, lon) => lon > 72.004 && lon < 137.8347 && lat > 0.8293 && lat < 55.8271;

function wave(x) {
  return (20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * 2 / 3;
}

function shiftLat(x, y) {
  const long = (160 * Math.sin(y / 12 * Math.PI) + 320 * Math.sin(y * Math.PI / 30)) * 2 / 3;
  return -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + wave(x)
    + (20 * Math.sin(y * Math.PI) + 40 * Math.sin(y / 3 * Math.PI)) * 2 / 3 + long;
}

function shiftLon(x, y) {
  return 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + wave(x)
    + (20 * Math.sin(x * Math.PI) + 40 * Math.sin(x / 3 * Math.PI)) * 2 / 3
    + (150 * Math.sin(x / 12 * Math.PI) + 300 * Math.sin(x / 30 * Math.PI)) * 2 / 3;
}

// Where a place lies on the map; datum: "wgs84" or "gcj02", what the map file is in.
export function toMap(lat, lon, datum) {
  if (datum !== "gcj02" || !inChina(lat, lon)) return [lat, lon];
  const [x, y] = [lon - 105, lat - 35];
  const bent = 1 - EE * Math.sin(lat * rad) ** 2;
  const dLat = shiftLat(x, y) * 180 / ((A * (1 - EE)) / (bent * Math.sqrt(bent)) * Math.PI);
  const dLon = shiftLon(x, y) * 180 / (A / Math.sqrt(bent) * Math.cos(lat * rad) * Math.PI);
  return [lat + dLat, lon + dLon];
}
