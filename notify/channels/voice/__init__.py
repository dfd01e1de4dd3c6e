"""Telephone calls that say an alarm and take a key as the answer, through Aliyun, Tencent Cloud, or the second of them.

What is said is a template that was approved beforehand, with ``what``, ``who``, ``level``, ``when`` and ``keys``
(Tencent: {1} to {5}). For example::

    安护报警：${who}，${what}，级别${level}，时间${when}。${keys}。

The keys are a variable, since they mean something else for a relative, who takes no alarm: that she heard it, that she
goes there, that she cannot. It is said twice. A call that somebody took without pressing a key may have been taken by
an answering machine: it answers nothing, and the next are called in their time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from anhu.contract.errors import SettingsError
from anhu.contract.settings import Secret, says, variable
from anhu.registry.contact_form import ContactForm, Words
from notify.callback_reader import believable
from notify.channel_type import Capabilities, ChannelType, Limits, Shows
from notify.channels.voice.reader import VoiceReader
from notify.numbers import check_number

CLOUDS = ("aliyun", "tencent")
_PORTS = {"http": 80, "https": 443}
_NEEDED = {"aliyun": ("key_secret", "show_number", "template"), "tencent": ("key_secret", "app", "template")}


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceSettings:
    """The clouds through which calls are made; without the key of one there is no call.

    Attributes
    ----------
    voice_callback_secret : Secret
        Without it no key that was pressed is believed.
    voice_aliyun_show_number : str
        A number that was bought there: a call with keys needs one.
    """

    voice_first: str = field(
        default="aliyun",
        metadata=says(
            "voice cloud that is asked first: aliyun or tencent; the other one when it fails",
            "优先使用的语音云：aliyun 或 tencent；失败时用另一家",
        ),
    )
    voice_callback_secret: Secret = field(
        default=Secret(""),
        metadata=says(
            "end of the address for call results and keys: /callbacks/voice/…; 16 characters or more",
            "呼叫结果与按键的回调地址结尾：/callbacks/voice/…；至少 16 个字符",
        ),
    )
    voice_aliyun_key_id: str = field(default="", metadata=says("AccessKey ID for calls", "语音用的阿里云 AccessKey ID"))
    voice_aliyun_key_secret: Secret = field(
        default=Secret(""), metadata=says("AccessKey secret for calls", "语音用的阿里云 AccessKey Secret")
    )
    voice_aliyun_show_number: str = field(
        default="", metadata=says("number that a call from Aliyun shows", "阿里云外呼显示的号码")
    )
    voice_aliyun_template: str = field(
        default="", metadata=says("voice template at Aliyun: TTS_…", "阿里云语音模板 ID")
    )
    voice_aliyun_url: str = field(
        default="https://dyvmsapi.aliyuncs.com", metadata=says("voice endpoint of Aliyun", "阿里云语音接口地址")
    )
    voice_tencent_key_id: str = field(default="", metadata=says("SecretId for calls", "语音用的腾讯云 SecretId"))
    voice_tencent_key_secret: Secret = field(
        default=Secret(""), metadata=says("SecretKey for calls", "语音用的腾讯云 SecretKey")
    )
    voice_tencent_app: str = field(
        default="", metadata=says("voice application at Tencent Cloud", "腾讯云语音 SdkAppid")
    )
    voice_tencent_template: str = field(
        default="", metadata=says("voice template at Tencent Cloud", "腾讯云语音模板 ID")
    )
    voice_tencent_url: str = field(
        default="https://vms.tencentcloudapi.com",
        metadata=says("voice endpoint of Tencent Cloud", "腾讯云语音接口地址"),
    )
    voice_tencent_region: str = field(
        default="ap-guangzhou", metadata=says("voice region at Tencent Cloud", "腾讯云语音的地域")
    )
    voice_per_day: int = field(
        default=8,
        metadata=says("calls to one number in a day, calls for help apart", "每个号码每天最多的电话数，高级报警另计"),
    )
    voice_high_per_day: int = field(
        default=20,
        metadata=says(
            "calls of calls for help to one number in a day",
            "每个号码每天最多的高级报警电话数",
        ),
    )
    voice_bundle_s: int = field(
        default=20,
        metadata=says(
            "calls about one resident within so many seconds go as one, calls for help never; 0: each by itself",
            "同一老人在多少秒内的电话合并为一次，高级报警除外；0 表示不合并",
        ),
    )

    def __post_init__(self) -> None:
        for name in ("voice_per_day", "voice_high_per_day"):
            if getattr(self, name) < 1:
                raise SettingsError(variable(name), getattr(self, name), "a number above 0")
        if self.voice_bundle_s < 0:
            raise SettingsError(variable("voice_bundle_s"), self.voice_bundle_s, "0 or more")
        if self.voice_first not in CLOUDS:
            raise SettingsError(variable("voice_first"), self.voice_first, " or ".join(CLOUDS))
        for cloud in self.clouds:
            names = [f"voice_{cloud}_{one}" for one in _NEEDED[cloud]]
            if lacking := next((name for name in names if not getattr(self, name)), ""):
                needed_by = variable(f"voice_{cloud}_key_id")
                raise SettingsError(variable(lacking), "", f"a value, since {needed_by} is set")

    @property
    def limits(self) -> Limits:
        """What one number may get."""
        return Limits(
            per_day=self.voice_per_day,
            high_per_day=self.voice_high_per_day,
            bundle_s=float(self.voice_bundle_s),
        )

    @property
    def clouds(self) -> tuple[str, ...]:
        """The clouds that are set up, the preferred one first."""
        there = [cloud for cloud in CLOUDS if getattr(self, f"voice_{cloud}_key_id")]
        return tuple(sorted(there, key=lambda cloud: cloud != self.voice_first))

    @property
    def server(self) -> tuple[str, int] | None:
        """Host and port of the preferred cloud; None where there is none."""
        if not self.clouds:
            return None
        url = urlsplit(getattr(self, f"voice_{self.clouds[0]}_url"))
        return (url.hostname or "", url.port or _PORTS.get(url.scheme, 443))


CHANNEL = ChannelType(
    name="voice",
    settings=VoiceSettings,
    server=lambda settings: settings.server,
    capabilities=Capabilities(
        shows=Shows.TEXT, longest_text=None, answerable=True, receipts=frozenset({"delivered"}), per_minute=1
    ),
    form=ContactForm(
        title=Words("语音电话", "telephone call"),
        label=Words("电话号码", "Phone number"),
        hint=Words("报警时自动拨打此号码，按 1 接警", "It is called at alarms; key 1 answers"),
        kind="tel",
        check=check_number,
        has_secret=False,
    ),
    missing=lambda settings: "" if settings.clouds else "ANHU_VOICE_ALIYUN_KEY_ID / ANHU_VOICE_TENCENT_KEY_ID",
    limits=lambda settings: settings.limits,
    callbacks=lambda settings: VoiceReader(believable(settings.voice_callback_secret, "voice")),
)
