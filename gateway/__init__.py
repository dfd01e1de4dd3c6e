"""The device side: everything between a device's radio and the durable LOG.

Here live the codecs (one file, one device family), the doors (our MQTT server, the subscriber for a broker that is
already there), the MQTT protocol without input or output, and the intake behind every door. A door authenticates a
device, asks what its codec declares for that door (`gateway.door_specs`), and answers only when the LOG has the message
on disk.
"""
