"""What the doors answer to a device or a vendor's cloud, and what is kept of it with a reason: each with what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

from gateway.mqtt.reason import Reason


class Told(NamedTuple):
    """What something means and what to do about it, in both languages."""

    means: str
    do: str
    means_zh: str
    do_zh: str

    def said(self, language: str) -> tuple[str, str]:
        """Return meaning and advice in the reader's language."""
        return (self.means, self.do) if language == "en" else (self.means_zh, self.do_zh)


LOGINS: Mapping[Reason, Told] = {
    Reason.BAD_USER_NAME_OR_PASSWORD: Told(
        "identity or secret is wrong, or the device is disabled",
        "ask the administrator; try once a minute",
        "标识或密钥不对，或设备已停用",
        "联系管理员；每分钟最多重试一次",
    ),
    Reason.CLIENT_ID_NOT_VALID: Told(
        "no client identifier, and a session to keep",
        "send the device identity as client identifier",
        "要求保留会话却没有客户端标识",
        "以设备标识作为客户端标识",
    ),
    Reason.UNSUPPORTED_VERSION: Told(
        "neither MQTT 3.1, 3.1.1 nor 5", "speak one of them", "不是 MQTT 3.1、3.1.1 或 5", "换版本"
    ),
    Reason.SERVER_UNAVAILABLE: Told(
        "the platform cannot look anybody up", "try again", "平台暂时无法查询设备", "稍后重试"
    ),
    Reason.BAD_AUTHENTICATION_METHOD: Told(
        "an authentication method was named (MQTT 5)",
        "user name and password, or a client certificate",
        "使用了增强认证（MQTT 5）",
        "使用用户名口令或客户端证书",
    ),
}
"""Answers to CONNECT."""
_BUG = ("a fault of the client", "mend it; a common library does not do this", "客户端有错", "修正；常用的库不会这样")
_SLOWER = ("more at once than was agreed", "wait for answers", "同时在途的太多", "等收到应答再发")
CLOSED: Mapping[Reason, Told] = {
    Reason.MALFORMED_PACKET: Told(*_BUG),
    Reason.PROTOCOL_ERROR: Told(*_BUG),
    Reason.TOPIC_NAME_INVALID: Told(
        "a topic with + or #, or none", "publish to your own topic", "主题含 + 或 #，或为空", "发布到自己的主题"
    ),
    Reason.TOPIC_FILTER_INVALID: Told(*_BUG),
    Reason.TOPIC_ALIAS_INVALID: Told(*_BUG),
    Reason.RECEIVE_MAXIMUM_EXCEEDED: Told(*_SLOWER),
    Reason.PACKET_TOO_LARGE: Told("a packet over the limit", "send less at once", "报文超长", "拆成几条发送"),
    Reason.QUOTA_EXCEEDED: Told(
        "closed: it could not be kept; as PUBACK: the packet is over the limit, only its beginning was kept",
        "closed: connect and send it again; PUBACK: send less at once",
        "断开：未能保存；PUBACK：报文超长，只保存了开头",
        "断开：重连并重发；PUBACK：拆成几条",
    ),
    Reason.NOT_AUTHORIZED: Told(
        "as PUBACK: the topic is not yours; nothing was used but that it reads like a call",
        "publish to your own topic",
        "PUBACK：不是本设备的主题；除了像求助，均未使用",
        "发布到自己的主题",
    ),
    Reason.KEEP_ALIVE_TIMEOUT: Told(
        "silent for one and a half keep-alives",
        "send PINGREQ in time",
        "超过 1.5 倍保活时间没有报文",
        "按时发送 PINGREQ",
    ),
    Reason.SESSION_TAKEN_OVER: Told(
        "the same client identifier connected again, or one connection too many of this device: the oldest goes",
        "one connection a device; look for a second device with this secret",
        "相同客户端标识又连接了一次，或该设备连接过多（关闭最早的）",
        "每台设备一个连接；检查是否有两台设备用同一密钥",
    ),
    Reason.ADMINISTRATIVE_ACTION: Told(
        "revoked, or given a new secret", "ask the administrator", "设备已停用或密钥已更换", "联系管理员"
    ),
    Reason.SERVER_SHUTTING_DOWN: Told(
        "the platform starts anew", "connect again within seconds", "平台正在重启", "几秒后重连"
    ),
    Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED: Told(
        "a shared subscription", "subscribe to your own topic", "共享订阅", "只订阅自己的主题"
    ),
    Reason.SUBSCRIPTION_IDS_NOT_SUPPORTED: Told(
        "not sent: identifiers of subscriptions are passed over",
        "leave them out",
        "不会发送：订阅标识被忽略",
        "不要使用",
    ),
    Reason.PACKET_ID_NOT_FOUND: Told(
        "PUBREL of a message that is done with", "forget it", "QoS 2 的消息已完成", "删除该消息"
    ),
    Reason.CONNECTION_RATE_EXCEEDED: Told("too many connections", "try again later", "连接过多", "稍后重试"),
    Reason.UNSPECIFIED_ERROR: Told(
        "not sent: every subscription but a shared one is granted, and brings only your own commands",
        "subscribe to your own topic",
        "不会发送：除共享订阅外都会接受，但只会收到自己的指令",
        "只订阅自己的主题",
    ),
}
"""Why MQTT 5 says that a connection ends, or that a packet came to nothing; MQTT 3.1.1 is closed without a word."""
PUSHES: Mapping[HTTPStatus, Told] = {
    HTTPStatus.OK: Told(
        "all of it is on disk; the answer does not tell what could not be read: the delivery log does, with the reason",
        "go on; look into the delivery log",
        "全部已落盘；应答不说明哪些读不懂，原因见投递记录",
        "继续；查看投递记录",
    ),
    HTTPStatus.BAD_REQUEST: Told(
        "no HTTP that can be read; or format v1 without X-Anhu-Device that is no array, or an array that is broken: "
        "`msg` says it, and it is kept with its reason",
        "HTTP/1.1, Content-Length or chunked; name the device",
        "无法读取的 HTTP；或开放格式 v1 既没有 X-Anhu-Device 也不是数组，或数组损坏：见 `msg`，已连同原因保存",
        "HTTP/1.1，Content-Length 或 chunked；写明设备",
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: Told(
        "GET or another method, with no body",
        "POST, with the message as its body",
        "GET 等方法，没有正文",
        "用 POST，正文为报文",
    ),
    HTTPStatus.FORBIDDEN: Told(
        "no key in a known form; a wrong key or signature, or its time more than five minutes off; or none of the "
        "devices is this product's: `msg` says which of the three",
        "mend it (`Bearer ` stands before the key); whoever keeps failing is answered late",
        "没有密钥或写法不对；密钥、签名不对或签名时间偏差超过五分钟；或设备都不属于该产品：见 `msg`",
        "修正（密钥前要有 `Bearer `）；屡次失败会延迟应答",
    ),
    HTTPStatus.NOT_FOUND: Told(
        "no product has this address, or it is closed", "ask the administrator", "没有此产品，或已停用", "联系管理员"
    ),
    HTTPStatus.REQUEST_TIMEOUT: Told("the request took over 10 s", "send it faster", "请求超过 10 秒", "加快发送"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Told("a body over the limit", "push less at once", "正文超长", "分几次推送"),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: Told("headers over the limit", "shorten them", "请求头超长", "缩短"),
    HTTPStatus.SERVICE_UNAVAILABLE: Told(
        "not kept: the disk is slow or full, a device says too much, or too many pushes are on their way",
        "the same again, after a while",
        "未保存：磁盘慢或满、设备过于频繁，或同时推送过多",
        "稍后原样重发",
    ),
}
"""Answers to a push."""
_MAPPING = ("anhu codec check FILE", "anhu codec check 文件")
KEPT: Sequence[tuple[str, Told]] = (
    (
        "topic: got another one, expected one of this device's: …",
        Told(
            "published to a topic that is nobody's or another's: acknowledged; nothing of it is used but that it reads "
            "like a call",
            "publish to your own topic",
            "发布到不属于本设备的主题：已应答；除了像求助，均未使用",
            "发布到自己的主题",
        ),
    ),
    (
        "packet: got … bytes, expected at most …; only the beginning is kept",
        Told("over the limit: acknowledged, not used", "send less at once", "超长：已应答，未使用", "拆成几条发送"),
    ),
    (
        "observations: got … over this device's limits, expected …",
        Told(
            "the device says more than any device does; calls go on",
            "send only what changed",
            "上报过于频繁；求助不受影响",
            "只在变化时上报",
        ),
    ),
    (
        "observations: got … bytes, expected at most … bytes once decoded",
        Told("waveforms are too long", "pieces of about a second", "波形过长", "每段约一秒"),
    ),
    (
        "needs mapping: …",
        Told(
            "read, but these fields or codes mean nothing to us",
            "map them, or have them passed over",
            "已读取，但这些字段或代码没有含义",
            "补充描述，或写入 ignore",
        ),
    ),
    (
        "codec: got …, expected the name of an installed codec",
        Told("enrolled under a family that is not there", "ask the administrator", "登记的协议不存在", "联系管理员"),
    ),
    (
        "codec … failed: …: …",
        Told("the codec has a fault: the message is kept", _MAPPING[0], "编解码器出错：报文已保存", _MAPPING[1]),
    ),
    (
        "device: got …, expected an enabled device of product …",
        Told("pushed for a device that nobody enrolled", "have it enrolled", "推送的设备未登记", "请管理员登记"),
    ),
    (
        "messages: got …, expected at most … in one push",
        Told("kept whole, and not read", "push less at once", "整体保存，未解析", "分几次推送"),
    ),
    (
        "device_id: got …, expected a device that is not shut out for topic …",
        Told("over a broker: the device is revoked", "ask the administrator", "经代理服务器：设备已停用", "联系管理员"),
    ),
    (
        "topic: got …, expected one of device …'s family …",
        Told(
            "over a broker: not this family's topic",
            "publish to your own topic",
            "经代理服务器：不是该协议的主题",
            "发布到自己的主题",
        ),
    ),
    (
        "part … of … of a message: kept until all have come",
        Told("JT/T 808 in parts: nothing is wrong", "send the rest", "JT/T 808 分包：没有错", "继续发送其余分包"),
    ),
)
"""Reasons with which the delivery log shows a message, beside those of the format; `…` stands for what it says."""
