// One conversation of Aliyun's own SDK for Node: node aliyun_device.cjs PORT; says what happened as one JSON line.
const { createRequire } = require("node:module");

const iot = createRequire(`${process.env.ALIYUN_SDK_FOLDER}/`)("alibabacloud-iot-device-sdk");
const device = iot.device({
  ProductKey: "a1B2c3D4e5F",
  DeviceName: "ali-1",
  DeviceSecret: "0123456789abcdef",
  brokerUrl: `mqtt://127.0.0.1:${process.argv[2]}`,
  tls: false,
});
const said = {};

device.on("connect", () => {
  device.postProps({ heartRate: 72 }, (answer) => {
    said.properties = answer.code;
    device.postEvent("fall", { heartRate: 100 }, (told) => {
      said.event = told.code;
      console.log(JSON.stringify(said));
      process.exit(0);
    });
  });
});
device.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
