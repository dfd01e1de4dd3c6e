"""Fast breathing, mildly fast only when it lasts: a candidate that a site may hold against the released one."""

from __future__ import annotations

from alerts.detectors.respiration_high import Params, RespirationHigh


class RespirationHigh2(RespirationHigh):
    """As the released one, but 21 to 24 /min is told after half an hour in place of ten minutes.

    The rate of a strap or a mat is a minute's mean and rises with every walk through the flat; NEWS2 (RCP 2017) scores
    what a nurse counts at rest. From 25 /min on nothing is different. Not measured on recordings: no open set holds
    days of breathing rates of old people at home; its shadow on a site's own stream is to say what it is worth.
    """

    version = 2
    differs = (
        "21 to 24 /min is told after 30 minutes in place of 10; from 25 /min on nothing is different",
        "每分钟 21–24 次持续 30 分钟（原为 10 分钟）才报警；25 次及以上不变",
    )
    params = Params(medium_s=1_800.0)
