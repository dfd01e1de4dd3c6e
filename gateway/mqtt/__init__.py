"""The MQTT front door: a protocol core without input or output, and the server that moves its bytes."""
