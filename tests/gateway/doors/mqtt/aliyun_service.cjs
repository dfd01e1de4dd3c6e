// A service of Aliyun's own SDK for Node that is called once: node aliyun_service.cjs PORT; says with what, as JSON.
const { createRequire } = require("node:module");

const iot = createRequire(`${process.env.ALIYUN_SDK_FOLDER}/`)("alibabacloud-iot-device-sdk");
const device = iot.device({
  ProductKey: "a1B2c3D4e5F",
  DeviceName: "ali-1",
  DeviceSecret: "0123456789abcdef",
  brokerUrl: `mqtt://127.0.0.1:${process.argv[2]}`,
  tls: false,
});

device.onService("ask_ok", (call, reply) => {
  reply({ id: call.id, code: 200, data: { answer: "ok" } });
  console.log(JSON.stringify({ params: call.params, method: call.method }));
  setTimeout(() => device.end(false, () => process.exit(0)), 500);
});
device.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
