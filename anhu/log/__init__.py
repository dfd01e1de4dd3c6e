"""The LOG: every decoded message, durable before anybody is told "received", ordered per key.

`port` says what a LOG promises, `partition` where a key lies; `embedded` keeps it on the local disk, in one partition.
One writer (the gateway) and any number of named readers, each of one partition, with its own committed position,
possibly in other processes.

What the embedded log keeps, and what goes first
------------------------------------------------
A record is unread while any registered consumer has not committed a position behind it. Opening a reader registers
its consumer; deleting its file under ``consumers/`` makes the log forget it.

1. By age: a closed segment whose newest record is older than the age limit is dropped once every consumer has read
   it. Age alone never drops an unread record.
2. By bytes, when a batch would go over the limit:
   a. segments that every consumer has read are dropped, the oldest first;
   b. then unread numbers and waveforms are dropped, the oldest segment first: of such a segment only the unread
      records that hold an event, and those nobody could decode, are kept, at their old positions;
   c. when only unread events are left, the writer raises `LogFullError` and nothing is acknowledged.

An unread event is never dropped. A reader that comes to a gap goes on behind it.

What a crash or a failing disk does
-----------------------------------
After SIGKILL or a power cut, opening cuts off only what is not a whole, sound record at the tail. When a write is
refused (disk full), the file is cut back to the durable end and the next append starts clean. When a flush fails,
the page cache is not trusted again: that file is left at its durable end and a new segment is begun.
"""
