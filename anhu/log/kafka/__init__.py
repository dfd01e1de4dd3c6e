"""The LOG in Apache Kafka: one topic, its partitions on several brokers; any number of writers and readers.

What an acknowledgement promises
--------------------------------
A record counts as written when every copy in step has it (``acks=all``). Kafka answers before its disk does. So an
acknowledged record survives the loss of a machine where there are three copies of which two must be in step, each on
a machine of its own; a power cut where ``flush.messages`` is 1; otherwise a crash of the broker, but no power cut.
`Topic.promise` says which it is here, and `anhu doctor` shows it.

What is kept, and what goes first
---------------------------------
Kafka drops by age and size, whoever has read it or not. So the topic keeps long (`ANHU_KAFKA_KEEP_H`), by the time at
which the broker took a record and never by a device's; readers that lag behind are told of well before
(`anhu doctor`); and a reader that comes to a gap says so, counts it, and goes on at the oldest record kept.
"""
