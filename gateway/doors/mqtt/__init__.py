"""Our own MQTT front door: the server that moves the bytes of `gateway.mqtt`."""
