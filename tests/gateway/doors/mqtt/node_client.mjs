// One conversation of the Node client "mqtt": node node_client.mjs PORT VERSION QOS; says what happened as one JSON line.
// NODE_MQTT_PROTOCOL: mqtt, ws, wss; NODE_MQTT_CA: the file of whom to trust.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const mqtt = createRequire(`${process.env.NODE_MQTT_FOLDER}/`)("mqtt");
const [port, version, qos] = process.argv.slice(2).map(Number);
const { NODE_MQTT_PROTOCOL: protocol = "mqtt", NODE_MQTT_CA: ca } = process.env;
const client = mqtt.connect({
  protocol,
  ...(ca ? { ca: readFileSync(ca) } : {}),
  host: "127.0.0.1",
  port,
  protocolVersion: version,
  clientId: "node",
  username: "dev-1",
  password: "0123456789abcdef0123456789abcdef",
  reconnectPeriod: 0,
});
const said = { published: false, command: "" };

client.on("connect", async () => {
  await client.subscribeAsync("anhu/v1/dev-1/commands", { qos: 1 });
  await client.publishAsync("anhu/v1/dev-1/up", '{"v":1,"values":{"heart_rate":72}}', { qos });
  said.published = true;
});
client.on("message", async (topic, payload) => {
  said.command = payload.toString();
  setTimeout(async () => {
    await client.endAsync();
    console.log(JSON.stringify(said));
  }, 200);
});
client.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
