"""The table of vendors' words: alarm, all clear, not known, a setting, a level; in the languages that devices speak.

The one table for every codec, and the place where a new word goes. `anhu.contract.vendor_words` reads texts by it.
"""

from __future__ import annotations

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _sets(table: Mapping[str, str]) -> dict[str, str]:
    return {word: kind for kind, words in table.items() for word in words.split()}


KIND_OF: Mapping[str, str] = _sets(
    {
        "sos": "sos help emergency panic mayday rescue assistance distress nursecall helpme urgency 求助 呼救 求救 "
        "呼叫 紧急 緊急 救命 急救 notruf hilfe notfall secours urgence помощь экстренный ayuda socorro emergencia "
        "auxilio hilferuf notrufknopf notruftaste сос паника pomoc pomocy ratunku aiuto soccorso emergenza ajuda "
        "助けて 緊急 응급 긴급 비상 비상호출 도움 callbutton callbell patientcall pullcord",
        "fall": "fall falling fallen falls fell falldown falldetect tumble tumbled mandown 跌倒 摔倒 摔跤 跌落 倒地 "
        "摔下 sturz gestürzt gesturzt gestuerzt chute падение упал упала caída caida upadek upadl caduta caduto "
        "queda 転倒 낙상 넘어짐",
        "smoke": "smoke fire flame heatalarm 烟雾 烟感 烟霧 煙霧 煙感 火警 火灾 火災 着火 起火 明火 烟火 rauch feuer "
        "brand rauchmelder brandmelder feuermelder fumée fumee incendie дым дыма пожар humo incendio dym dymu pożar "
        "pozar fumo fumaça fumaca 煙 火災 연기 화재",
        "carbon_monoxide": "co monoxide carbonmonoxide 一氧化碳 kohlenmonoxid czad",
        "gas": "gas methane lpg ch4 propane 燃气 燃氣 天然气 天然氣 煤气 煤氣 可燃气体 可燃氣體 瓦斯 газ газа erdgas "
        "gaz gazu 가스",
        "water_leak": "leak leaks leaking leakage flood flooding flooded immersion waterleak waterleakage overflow "
        "漏水 水浸 浸水 渗水 滲水 溢水 wasserleck fuite inondation протечка утечка fuga inundación inundacion wyciek "
        "zalanie perdita allagamento vazamento 누수",
        "tamper": "tamper tampered tampering 拆动 防拆 拆除 拆卸",
        "sensor_fault": "fault trouble malfunction failure 故障",
    }
)
ALARM_NAMES = _words(
    "alarm alarms alert alerts danger hazard immobile immobility warning alarme alarma allarme тревога тревожная 警報 "
    "报警 報警 告警 警报 警報 预警 預警 危险 危險"
)
"""In a name these say that it is about an alarm, not about a level."""
DISTRESS = _words(
    "apnea apnoea asphyxia choking drowning unconscious unconsciousness unresponsive faint fainted fainting syncope "
    "seizure convulsion stroke collapse collapsed 呼吸暂停 窒息 溺水 昏迷 昏倒 晕倒 暈倒 抽搐 癫痫 心脏骤停 失去意识 "
    "无响应 無響應"
)
"""States in which somebody needs help at once, and that no event of ours means."""
STATE_NAMES = _words(
    "status state event events action posture activity behavior behaviour situation msg message notification code "
    "notify report result text content speech keyword etat état statut zustand estado stato stan состояние статус "
    "状态 狀態 事件 姿态 姿態 动作 動作 行为 行為 消息 通知"
)
NEUTRAL = ALARM_NAMES | STATE_NAMES
NEUTRAL |= _words(
    "detected detection detect detector sensor active activated call calls button key signal flag is has happened "
    "triggered pressed press down up human person body elder elderly user people water carbon indoor room "
    "combustible natural flammable home yes now new first second one on value wet 检测 檢測 检测到 传感器 感应器 "
    "探测器 信号 信號 按钮 按鈕 按键 触发 觸發 呼叫 求助 有人 老人 人员 人 发生 發生 泄漏 洩漏 浓度 了 到 器 已 有 "
    "被 在 中 键 一键 me my i please need us device 设备 wasser knopf taste melder erkennung bouton appel eau "
    "détecteur detecteur détection кнопка датчик воды czujnik przycisk wody acqua sensore agua água"
)
SETTING_NAMES = _words(
    "switch sensitivity volume mode modes ringtone ring melody music time times duration enable enabled enables "
    "disable disabled threshold thresholds limit limits set setting settings setpoint preset delay interval timeout "
    "number numbers phone phones tel telephone mobile count counter counts test tests selftest testing reset mute "
    "muted silence silent siren sirens buzzer bell hush dismiss stop cancel trigger manual force forced linkage "
    "broadcast calibration language led indicator indication light lights lamp protection auto config configuration "
    "schedule learning history total lock unit period cycle behaviour behavior option clear cleared canceled "
    "cancelled restored recovered released acknowledged ack options support supported ability capability "
    "capabilities available tone sound sounds voice brightness color colour days week weekday begin end contacts url "
    "uri radius distance range feature features version 开关 開關 lighting heating smoker 灵敏度 靈敏度 音量 模式 "
    "铃声 鈴聲 时间 時間 时长 時長 启用 啟用 使能 阈值 閾值 上限 下限 号码 號碼 电话 電話 联系人 聯絡人 设置 設置 "
    "設定 设定 间隔 延时 自检 自檢 测试 測試 复位 静音 靜音 联动 聯動 次数 周期 手动 解除 恢复 恢復 取消 消除"
)
IDENTITY_NAMES = _words(
    "type category class model name label id ids room area zone description title icon manufacturer vendor product "
    "brand location topic profile interface address serial sn imei mac firmware software hardware kind remark "
    "comment note notes tag tags desc scene season effect role method source tend trend 名称 名稱 型号 型號 类型 "
    "類型 位置 地址 备注 房间 编号"
)
MESSAGE_TYPES = _words("type kind category class method cmd command topic 类型 類型")
"""Names of what a thing, or a message, is: the one may be ``sos_button``, the other ``sos``."""
THINGS = _words("button sensor detector key device signal 按钮 按鈕 按键 传感器 感应器 探测器")
TECHNICAL_NAMES = _words(
    "voltage current power energy overvoltage undervoltage overcurrent overload overheat load phase breaker recloser "
    "humidity hum co2 pm25 pm10 voc tvoc hcho formaldehyde illuminance lux weather uv soil tds ec battery valve "
    "meter consumption consumed flow price pressure cover curtain blind motor pump shortage rain rainwater rainfall "
    "frost wind noise filter dust link signal network wifi zigbee firmware update leakagecurrent balance fertility "
    "fertilizer moisture cleaning descale sim traffic storage speed vehicle 电压 電壓 电流 電流 功率 湿度 濕度 电池 "
    "電池 电量 阀门 阀 流量 气压 水压 欠费 漏电"
)
MEASURES = _words(
    "value density concentration concentrations ppm ppb dbm lel percent level mg adc raw quantity amount probability "
    "confidence score 浓度 濃度 数值 含量 等级 概率"
)
BOUNDS = _words("max min high low upper lower maximum minimum over under 高 低 最高 最低 过高 过低")
UNSURE = _words("maybe suspected suspect possible pre warning warn 疑似 可能 预警 預警")

NOT_KNOWN = _words(
    "unknown unkown na n/a null nil undefined invalid unavailable nan initializing initialising init detecting "
    "checking calibrating warmup warming preheat preheating pending offline uncertain - -- --- ? ?? unbekannt "
    "supported inconnu неизвестно desconocido not_available 未知 无效 無效 不明 检测中 檢測中 初始化 预热"
)
TESTS = _words("test tests testing tested selftest getestet 测试 測試 自检 自檢")
"""What only a test says calls nobody."""
CLEAR = _words(
    "false off 0 no n none normal clear cleared gone clean ok okay okey idle inactive safe dry standby canceled "
    "cancelled cancel stop stopped restored restore recovered recovery released release silent quiet good healthy "
    "undetected disarmed nothing negative absent closed close end ended finished resolved untriggered unpressed "
    "reset mute muted disabled disable nein aus kein keine normale non aucun нет норма выкл ninguno desactivado nie "
    "brak nessuno нормально 正常 无 無 否 解除 恢复 恢復 关闭 關閉 未 取消 安全 结束 没有 沒有 空闲 待机 已处理"
)
ALARM = _words(
    "true on 1 yes y t alarm alarming alarmed alert alerting detected active activated triggered trigger pressed "
    "press danger dangerous abnormal present positive wet start started begin occurred happened critical serious "
    "severe warning ja ein an erkannt ausgelöst alarme oui détecté detecte да вкл тревога sí si alarma detectado "
    "activado pulled erkannt gedrückt gedrueckt détectée detectee détecté appuyé appuyee appuye обнаружен обнаружена "
    "обнаружено нажата нажат wykryto wykryty tak sim rilevato premuto 报警 報警 告警 警报 警報 异常 異常 触发 觸發 "
    "检测到 檢測到 有 是 开启 危险 危險 发生 按下 泄漏"
)
STRONG = DISTRESS | (ALARM_NAMES - _words("warning 预警 預警"))
STRONG |= _words("alarming alarmed alerting triggered dangerous medical police ambulance")
NOT = _words("no not non without un kein keine nicht pas aucun aucune sans sin nie brak нет не 无 無 未 没 沒")
NEEDED = _words("response reaction answer movement motion breath breathing cleared clear normal ok safe")
"""What it is a call for help to be without."""
ALL_WELL = CLEAR | _words(
    "armed arming disarm monitoring working ready waiting finish silenced enabled enable never home away night "
    "standing sitting walking still moving upright stationary static"
)
"""Words that call nobody where nothing else stands beside them: ``armed_home``; "fell while walking" is a fall."""
NOT_HELP = tuple(
    map(
        _words,
        ("alarm clock", "next alarm", "wake alarm", "wakeup alarm", "fire tv", "fire brigade", "co op",
         "emergency heat", "emergency contact", "sedentary alarm", "sleep alarm"),
    )
)  # fmt: skip
"""What sounds like help and is a clock, a heater, or a programme."""
LAST = _words("last previous prev 上次")
