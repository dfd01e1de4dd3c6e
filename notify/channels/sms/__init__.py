"""Text messages, through Aliyun, Tencent Cloud, or the second when the first does not take it.

In China a text is a template that was approved beforehand; only its variables are ours. Ask for one with these, each
once, in this order for Tencent ({1} to {5}): ``what``, ``who``, ``level``, ``when``, ``code``. For example::

    ${who}报警：${what}，级别${level}，时间${when}。回复1接警，2已出发，3无法前往，后加编号${code}。

Links may stand in no variable: whoever answers replies with a digit, and the code where several alarms are open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from anhu.contract.errors import SettingsError
from anhu.contract.settings import Secret, says, variable
from anhu.registry.contact_form import ContactForm, Words
from notify.callback_reader import believable
from notify.channel_type import Capabilities, ChannelType, Limits, Shows
from notify.channels.sms.reader import SmsReader
from notify.numbers import check_number

CLOUDS = ("aliyun", "tencent")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSettings:
    """The clouds through which texts go; without the key of one there is no SMS.

    Attributes
    ----------
    sms_first : str
        Which cloud is asked first, where both are set up.
    sms_callback_secret : Secret
        Without it no receipt and no reply is believed.
    """

    sms_first: str = field(
        default="aliyun",
        metadata=says(
            "SMS cloud that is asked first: aliyun or tencent; the other one when it fails",
            "优先使用的短信云：aliyun 或 tencent；失败时用另一家",
        ),
    )
    sms_callback_secret: Secret = field(
        default=Secret(""),
        metadata=says(
            "end of the address for SMS receipts and replies: /callbacks/sms/…; 16 characters or more",
            "短信回执与回复的回调地址结尾：/callbacks/sms/…；至少 16 个字符",
        ),
    )
    sms_aliyun_key_id: str = field(default="", metadata=says("AccessKey ID at Aliyun", "阿里云 AccessKey ID"))
    sms_aliyun_key_secret: Secret = field(
        default=Secret(""), metadata=says("AccessKey secret at Aliyun", "阿里云 AccessKey Secret")
    )
    sms_aliyun_sign: str = field(default="", metadata=says("SMS signature at Aliyun", "阿里云短信签名"))
    sms_aliyun_template: str = field(default="", metadata=says("SMS template at Aliyun: SMS_…", "阿里云短信模板 CODE"))
    sms_aliyun_url: str = field(
        default="https://dysmsapi.aliyuncs.com", metadata=says("SMS endpoint of Aliyun", "阿里云短信接口地址")
    )
    sms_tencent_key_id: str = field(default="", metadata=says("SecretId at Tencent Cloud", "腾讯云 SecretId"))
    sms_tencent_key_secret: Secret = field(
        default=Secret(""), metadata=says("SecretKey at Tencent Cloud", "腾讯云 SecretKey")
    )
    sms_tencent_app: str = field(default="", metadata=says("SMS application at Tencent Cloud", "腾讯云短信 SdkAppId"))
    sms_tencent_sign: str = field(default="", metadata=says("SMS signature at Tencent Cloud", "腾讯云短信签名"))
    sms_tencent_template: str = field(default="", metadata=says("SMS template at Tencent Cloud", "腾讯云短信模板 ID"))
    sms_tencent_url: str = field(
        default="https://sms.tencentcloudapi.com",
        metadata=says("SMS endpoint of Tencent Cloud", "腾讯云短信接口地址"),
    )
    sms_tencent_region: str = field(
        default="ap-guangzhou", metadata=says("region at Tencent Cloud", "腾讯云短信的地域")
    )
    sms_tencent_chars: int = field(
        default=6,
        metadata=says(
            "characters that Tencent Cloud allows in a variable of this template",
            "腾讯云该模板每个变量允许的字符数",
        ),
    )
    sms_per_minute: int = field(
        default=3,
        metadata=says(
            "texts to one number in a minute, calls for help apart", "每个号码每分钟最多的短信数，高级报警另计"
        ),
    )
    sms_high_per_minute: int = field(
        default=6,
        metadata=says("texts of calls for help to one number in a minute", "每个号码每分钟最多的高级报警短信数"),
    )
    sms_per_day: int = field(
        default=20,
        metadata=says("texts to one number in a day, calls for help apart", "每个号码每天最多的短信数，高级报警另计"),
    )
    sms_high_per_day: int = field(
        default=40,
        metadata=says(
            "texts of calls for help to one number in a day",
            "每个号码每天最多的高级报警短信数",
        ),
    )
    sms_bundle_s: int = field(
        default=20,
        metadata=says(
            "texts about one resident within so many seconds go as one, calls for help never; 0: each by itself",
            "同一老人在多少秒内的短信合并为一次，高级报警除外；0 表示不合并",
        ),
    )

    def __post_init__(self) -> None:
        for name in ("sms_per_day", "sms_high_per_day", "sms_per_minute", "sms_high_per_minute"):
            if getattr(self, name) < 1:
                raise SettingsError(variable(name), getattr(self, name), "a number above 0")
        if self.sms_bundle_s < 0:
            raise SettingsError(variable("sms_bundle_s"), self.sms_bundle_s, "0 or more")
        if self.sms_first not in CLOUDS:
            raise SettingsError(variable("sms_first"), self.sms_first, " or ".join(CLOUDS))
        if self.sms_tencent_chars < 1:
            raise SettingsError(variable("sms_tencent_chars"), self.sms_tencent_chars, "a number above 0")
        for cloud in self.clouds:
            if lacking := self._lacking(cloud):
                raise SettingsError(lacking, "", f"a value, since {variable(f'sms_{cloud}_key_id')} is set")

    @property
    def limits(self) -> Limits:
        """What one number may get."""
        return Limits(
            per_minute=self.sms_per_minute,
            high_per_minute=self.sms_high_per_minute,
            per_day=self.sms_per_day,
            high_per_day=self.sms_high_per_day,
            bundle_s=float(self.sms_bundle_s),
        )

    @property
    def clouds(self) -> tuple[str, ...]:
        """The clouds that are set up, the preferred one first."""
        there = [cloud for cloud in CLOUDS if getattr(self, f"sms_{cloud}_key_id")]
        return tuple(sorted(there, key=lambda cloud: cloud != self.sms_first))

    @property
    def server(self) -> tuple[str, int] | None:
        """Host and port of the preferred cloud; None where there is none."""
        if not self.clouds:
            return None
        url = urlsplit(getattr(self, f"sms_{self.clouds[0]}_url"))
        return (url.hostname or "", url.port or _PORTS.get(url.scheme, 443))

    def _lacking(self, cloud: str) -> str:
        names = ("key_secret", "sign", "template", *(("app",) if cloud == "tencent" else ()))
        return next((variable(f"sms_{cloud}_{one}") for one in names if not getattr(self, f"sms_{cloud}_{one}")), "")


CHANNEL = ChannelType(
    name="sms",
    settings=SmsSettings,
    server=lambda settings: settings.server,
    capabilities=Capabilities(
        shows=Shows.TEXT, longest_text=None, answerable=True, receipts=frozenset({"delivered"}), per_minute=None
    ),
    form=ContactForm(
        title=Words("短信", "text message"),
        label=Words("手机号码", "Mobile number"),
        hint=Words("报警以短信发往此号码，可回复数字响应", "Alerts are texted there; a digit in reply answers"),
        kind="tel",
        check=check_number,
        has_secret=False,
    ),
    missing=lambda settings: "" if settings.clouds else "ANHU_SMS_ALIYUN_KEY_ID / ANHU_SMS_TENCENT_KEY_ID",
    limits=lambda settings: settings.limits,
    callbacks=lambda settings: SmsReader(believable(settings.sms_callback_secret, "sms")),
)
