// What Zigbee2MQTT 2 asks of MQTT.js from its start to a press of a button, in its order, with the extension for Home
// Assistant on (its lib/mqtt.ts and lib/extension/homeassistant.ts): node home_client.mjs PORT VERSION
import { createRequire } from "node:module";

const mqtt = createRequire(`${process.env.NODE_MQTT_FOLDER}/`)("mqtt");
const [port, version] = process.argv.slice(2).map(Number);
const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
  will: { topic: "zigbee2mqtt/bridge/state", payload: Buffer.from('{"state":"offline"}'), retain: true, qos: 1 },
  properties: { maximumPacketSize: 1048576 },
  protocolVersion: version,
  keepalive: 60,
  username: "home-1",
  password: "0123456789abcdef0123456789abcdef",
  reconnectPeriod: 0,
});
client.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
client.on("close", () => {
  console.error("closed");
  process.exit(1);
});
// A publish that is refused is logged there and life goes on; a subscription that is refused ends the program.
const publish = (topic, payload, options = {}) => client.publishAsync(topic, payload, options).catch(() => {});
await publish("zigbee2mqtt/bridge/state", '{"state":"online"}', { retain: true, qos: 1 });
await client.subscribeAsync("zigbee2mqtt/#");
await client.subscribeAsync("homeassistant/status");
await publish("zigbee2mqtt/bridge/info", JSON.stringify({ version: "2.1.0", config: "x".repeat(20_000) }), { retain: true });
await publish("zigbee2mqtt/bridge/devices", "[]", { retain: true });
await publish("homeassistant/device_automation/0x00158d/action/config", '{"topic":"zigbee2mqtt/button"}', { retain: true, qos: 1 });
await client.subscribeAsync("homeassistant/device_automation/#");
await client.unsubscribeAsync("homeassistant/device_automation/#");
await publish("zigbee2mqtt/button", '{"action":"emergency","battery":87,"linkquality":120}');
await publish("zigbee2mqtt/button", '{"action":"","battery":87,"linkquality":120}', { qos: 1 });
client.removeAllListeners("close");
await client.endAsync();
