"""What a method's code keeps in memory beside the style: on its object, its classes, its modules."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Iterator
from types import CellType, FunctionType, ModuleType
from typing import Any, TypeAlias

from stylecli.method import Method

_FOREIGN = {"stylecli", "builtins", "abc", "typing"}
_CACHED: type = type(functools.cache(lambda: None))

Named: TypeAlias = "tuple[str, Any]"


class Memory:
    """The state of a method's code at one moment.

    That is, its class and the bases of it, and of the packages that these are from: the modules that are
    loaded, their classes, functions (defaults, closures, caches), objects of these classes, and the
    dictionaries, lists and sets in them. Not seen is what stands in other packages and inside of their
    objects, such as a tensor's values.

    Args:
        method: The method; its own attributes are state, too.
    """

    def __init__(self, method: Method) -> None:
        self._method = method
        # A class that was made by calling type() says that it is from "abc".
        self._kinds = [each for each in type(method).__mro__ if each is not object]
        self._packages = {each.__module__.partition(".")[0] for each in self._kinds} - _FOREIGN
        self._modules = self._loaded()
        self._held: dict[int, tuple[str, Any, Any]] = {}
        self._caches: list[Any] = []
        waiting: list[Named] = [("the method", method), *self._modules.items()]
        waiting += [(each.__name__, each) for each in self._kinds]
        while waiting:
            name, thing = waiting.pop()
            waiting += self._remember(name, thing)

    def changed(self) -> list[str]:
        """What holds something else by now, such as "my_package.LEARNT"."""
        found: set[str] = set()
        for name, thing, content in self._held.values():
            now = _content(thing)
            if _has_names(thing):
                odd = (key for key in content | now if content.get(key) is not now.get(key))
                found |= {f"{name}.{key}" for key in odd}
            elif not _alike(content, now):
                found.add(name)
        return sorted(found)

    @contextlib.contextmanager
    def as_it_was(self) -> Iterator[None]:
        """Put everything back inside, as if what came since had been in another process."""
        now = Memory(self._method)
        self._put_back()
        try:
            yield
        finally:
            now._put_back()
            sys.modules.update(now._modules)

    def _put_back(self) -> None:
        for name in self._loaded().keys() - self._modules.keys():
            del sys.modules[name]
        for _, thing, content in self._held.values():
            if not _alike(content, _content(thing)):
                _fill(thing, content)
        for cached in self._caches:
            cached.cache_clear()

    def _loaded(self) -> dict[str, ModuleType]:
        modules = list(sys.modules.items())
        return {name: it for name, it in modules if name.partition(".")[0] in self._packages}

    def _remember(self, name: str, thing: Any) -> list[Named]:
        """Keep what a thing holds; what is to be looked at next."""
        if id(thing) in self._held:
            return []
        if isinstance(thing, tuple):
            return [(name, each) for each in thing]
        if isinstance(thing, staticmethod | classmethod):
            return [(name, thing.__func__)]
        if isinstance(thing, dict | list | set | CellType) or self._is_own(thing):
            content = _content(thing)
            self._held[id(thing)] = (name, thing, content)
            if isinstance(thing, _CACHED):
                self._caches.append(thing)
            if isinstance(thing, FunctionType):
                defaults = (*(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values())
                inside = (*content.values(), *defaults, *(thing.__closure__ or ()))
                return [(name, each) for each in inside]
            if _has_names(thing):
                # Every module has Python's own functions as such a name.
                items = ((key, it) for key, it in content.items() if key != "__builtins__")
                return [(f"{name}.{key}", it) for key, it in items]
            values = content.values() if isinstance(content, dict) else content
            return [(name, each) for each in values]
        return []

    def _is_own(self, thing: Any) -> bool:
        if isinstance(thing, ModuleType):
            return thing.__name__.partition(".")[0] in self._packages
        code = thing if isinstance(thing, (type, FunctionType, _CACHED)) else type(thing)
        home = str(getattr(code, "__module__", ""))
        return code in self._kinds or home.partition(".")[0] in self._packages


def _has_names(thing: Any) -> bool:
    """Whether it holds things by attributes."""
    return not isinstance(thing, dict | list | set | CellType)


def _content(thing: Any) -> Any:
    """A shallow copy of what a thing holds."""
    if isinstance(thing, CellType):
        try:
            return [thing.cell_contents]
        except ValueError:
            return []
    for kind in (dict, list, set):
        if isinstance(thing, kind):
            return kind(thing)
    return dict(getattr(thing, "__dict__", {}))


def _alike(content: Any, now: Any) -> bool:
    """Whether the very same things are held; nobody's notion of equality is asked."""
    if len(content) != len(now):
        return False
    if isinstance(content, dict):
        return all(key in now and now[key] is value for key, value in content.items())
    if isinstance(content, set):
        return bool(content == now)
    return all(one is other for one, other in zip(content, now, strict=True))


def _fill(thing: Any, content: Any) -> None:
    """Let a thing hold what it held."""
    if isinstance(thing, CellType):
        if content:
            thing.cell_contents = content[0]
        else:
            del thing.cell_contents
    elif isinstance(thing, list):
        thing[:] = content
    elif isinstance(thing, dict | set):
        thing.clear()
        thing.update(content)
    elif isinstance(thing, type):
        now = vars(thing)
        for key in now.keys() - content.keys():
            type.__delattr__(thing, key)
        for key, value in content.items():
            if now.get(key) is not value:
                type.__setattr__(thing, key, value)
    else:
        state = vars(thing)
        for key in state.keys() - content.keys():
            del state[key]
        state.update(content)
