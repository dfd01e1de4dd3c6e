"""Codecs, one file per device family, found by walking this package. A codec never imports a sibling.

A new family is one new file that binds ``CODEC``, or one that describes it in YAML (`gateway.mapping`). It may stand in
this package, in a folder of the installation, or in an installed distribution under the entry-point group
``anhu.codecs``.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import pkgutil
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from types import MappingProxyType, ModuleType

from anhu.contract.errors import FieldError, SettingsError
from gateway.codec import Codec
from gateway.codec_checks import check_codecs
from gateway.mapping.loading import load_mapping, mapping_files

ENTRY_POINTS = "anhu.codecs"
_log = logging.getLogger(__name__)


def discover(user_folder: Path | None = None) -> Mapping[str, Codec]:
    """Find every codec: this package, then a folder of the installation, then installed distributions.

    Parameters
    ----------
    user_folder : Path, optional
        Every ``*.py`` file in it that does not begin with ``_`` must bind ``CODEC``, and every ``*.yaml`` describe
        a family.

    Returns
    -------
    mapping
        Name -> codec. A broken file of the second and third kind is logged and left out; a broken built-in raises
        whatever it raises, because then the installation itself is broken.

    Raises
    ------
    SettingsError
        If two codecs have the same name or claim the same way in, if one leaves open what a door must know
        (`gateway.codec_checks`), or if the user folder does not exist.
    """
    found: dict[str, Codec] = {}
    origins: dict[str, str] = {}
    for origin, codec in [*_built_in(), *_from_folder(user_folder), *_from_distributions()]:
        if codec.name in found:
            raise SettingsError("codec", codec.name, f"a name of its own: {origins[codec.name]} has it, {origin} too")
        found[codec.name] = codec
        origins[codec.name] = origin
    check_codecs(found)
    return MappingProxyType(found)


def load_codec(file: Path) -> tuple[Codec, tuple[str, ...]]:
    """Load one codec from its file, with what is wrong in it though it can be used.

    Raises
    ------
    Exception
        Whatever a broken Python file raises; `anhu.contract.errors.FieldError` for a broken description.
    """
    if file.suffix in {".yaml", ".yml"}:
        mapped = load_mapping(file)
        return mapped.codec, tuple(str(one) for one in mapped.mistakes)
    return _bound(_loaded(file)), ()


def _built_in() -> Iterator[tuple[str, Codec]]:
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        yield module.name, _bound(importlib.import_module(module.name))
    for file in mapping_files(Path(__file__).parent).values():
        yield file.name, load_mapping(file).codec


def _from_folder(folder: Path | None) -> Iterator[tuple[str, Codec]]:
    if folder is None:
        return
    if not folder.is_dir():
        raise SettingsError("codecs", str(folder), "a folder that exists")
    for file in sorted(folder.glob("[!_]*.py")):
        try:
            yield str(file), _bound(_loaded(file))
        except Exception:  # noqa: BLE001 - somebody else's file may fail in any way
            _log.exception("codec file %s is left out: it cannot be loaded", file)
    for file in mapping_files(folder).values():
        try:
            yield str(file), load_mapping(file).codec
        except (FieldError, OSError) as error:
            _log.error("codec file %s is left out: %s", file, error)


def _from_distributions() -> Iterator[tuple[str, Codec]]:
    for point in metadata.entry_points(group=ENTRY_POINTS):
        try:
            yield point.value, _checked(point.load())
        except Exception:  # noqa: BLE001 - somebody else's file may fail in any way
            _log.exception("codec entry point %s is left out: it cannot be loaded", point.value)


def _loaded(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"anhu_user_codecs.{file.stem}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _bound(module: ModuleType) -> Codec:
    return _checked(getattr(module, "CODEC", None))


def _checked(codec: object) -> Codec:
    if not isinstance(codec, Codec):
        raise TypeError(f"a codec file binds CODEC to a gateway.codec.Codec, got {type(codec).__name__}")
    return codec
