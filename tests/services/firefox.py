"""A real Firefox, told where its push service is; driven by its own remote control, without a driver program."""

from __future__ import annotations

import gc
import os
import warnings
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from tests.services.finding import find, need
from tests.services.process import HOST, free_port

_BY_SELECTOR = "css selector"
_START_S = 120
_SCRIPT_S = 40
_CENTRE = """
const shown = (Services.anhuShown = []);
const centre = {
  QueryInterface: ChromeUtils.generateQI(["nsIAlertsService"]),
  showAlert(alert, observer) {
    shown.push({ alert, observer });
    observer?.observe(null, "alertshow", alert.cookie);
  },
  closeAlert() {},
  teardown() {},
  getHistory: () => [],
};
const factory = { createInstance: (wanted) => centre.QueryInterface(wanted) };
Components.manager
  .QueryInterface(Ci.nsIComponentRegistrar)
  .registerFactory(Components.ID("{%s}"), "", "@mozilla.org/alerts-service;1", factory);
"""
"""The system's notification centre, which a machine without a desktop lacks: it keeps what is shown."""
_CLICK = """
const { alert, observer } = Services.anhuShown[arguments[0]];
const action = alert.actions.find((one) => one.action === arguments[1]) ?? null;
observer.observe(action, "alertclickcallback", alert.cookie);
"""
_QUIET = {
    "app.update.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": False,
}
"""It shall ask nobody outside."""


def find_firefox() -> Path | None:
    """Return the browser's program."""
    return find("firefox-esr", "firefox")


def _remote_control() -> Any:  # noqa: ANN401 - a package without types
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it imports uses what is deprecated
        from marionette_driver.marionette import Marionette  # type: ignore[import-untyped]  # noqa: PLC0415 - see above
    return Marionette


class Firefox:
    """One browser without a window.

    Parameters
    ----------
    folder : Path
        Empty folder that it takes for its home.
    push_url : str
        Web socket of the push service that it subscribes at.
    """

    def __init__(self, folder: Path, push_url: str) -> None:
        self._program = need(find_firefox(), "Firefox")
        self._folder = folder
        self._prefs: dict[str, Any] = {
            **_QUIET,
            "dom.push.serverURL": push_url,
            "dom.push.testing.allowInsecureServerURL": True,
            "dom.push.connection.enabled": True,
            "permissions.default.desktop-notification": 1,
            "intl.accept_languages": "zh-CN",
        }

    def __enter__(self) -> Self:
        kept = os.environ.get("HOME", "")
        os.environ["HOME"] = str(self._folder)
        try:
            self._remote = _remote_control()(
                bin=str(self._program),
                prefs=self._prefs,
                headless=True,
                host=HOST,
                port=free_port(),
                startup_timeout=_START_S,
                app_args=["-remote-allow-system-access"],
                gecko_log=str(self._folder / "gecko.log"),
            )
            self._remote.start_session()
        finally:
            os.environ["HOME"] = kept
        with self._remote.using_context("chrome"):
            self._remote.execute_script(_CENTRE % uuid4(), sandbox="system")
        self._remote.timeout.script = _SCRIPT_S
        self._remote.timeout.implicit = 10
        return self

    def __exit__(self, *_: object) -> None:
        self._remote.cleanup()
        del self._remote
        gc.collect()  # its profile goes now, not when the interpreter is half gone

    def open(self, address: str) -> None:
        """Open a page."""
        self._remote.navigate(address)

    def fill(self, selector: str, text: str) -> None:
        """Write into a field."""
        self._remote.find_element(_BY_SELECTOR, selector).send_keys(text)

    def click(self, selector: str) -> None:
        """Click, as a person does."""
        self._remote.find_element(_BY_SELECTOR, selector).click()

    def text(self, selector: str) -> str:
        """Return what stands there."""
        return str(self.ask(f"document.querySelector({selector!r})?.innerText ?? ''"))

    def ask(self, expression: str) -> Any:  # noqa: ANN401 - whatever a page's script gives
        """Return what a promise of the page's gives."""
        script = "const [done] = arguments; Promise.resolve(%s).then(done, (error) => done(`ERROR ${error}`));"
        return self._remote.execute_async_script(script % expression, sandbox=None)

    def notifications(self) -> list[dict[str, Any]]:
        """Return what the notification centre was told to show, in order."""
        script = (
            "return Services.anhuShown.map(({ alert }) => "
            "({ title: alert.title, text: alert.text, actions: alert.actions.map((one) => one.title) }));"
        )
        with self._remote.using_context("chrome"):
            shown: list[dict[str, Any]] = self._remote.execute_script(script, sandbox="system")
        return shown

    def click_notification(self, number: int, action: str = "") -> None:
        """Click a notification, or one of its buttons."""
        with self._remote.using_context("chrome"):
            self._remote.execute_script(_CLICK, script_args=[number, action], sandbox="system")

    def addresses(self) -> list[str]:
        """Return what is open in its tabs."""
        script = "return gBrowser.tabs.map((tab) => tab.linkedBrowser.currentURI.spec);"
        with self._remote.using_context("chrome"):
            found: list[str] = self._remote.execute_script(script, sandbox="system")
        return found
