"""A pickle read as data: what tensors are made of is made, and whatever else it names is an inert placeholder.

A pickle is a small program that names classes and functions, and calls them. Here none is looked up: the reader is
given what may be made, by name, and every other name stands for nothing but itself. A call of it, its attributes and
its items are kept and not acted on. What stands in a checkpoint beside its tensors (an ``argparse.Namespace``, a
``Path``, NumPy's scalars) is so passed over.
"""

import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import IO, Any, Final


class Placeholder:
    """An object of a class, or the result of a function, that is not made: its name and what was to be put into it."""

    def __init__(self, name: str, *content: Any) -> None:
        self.name = name
        self.content = content  # the arguments of calls, items, states
        self.items: dict[Any, Any] = {}

    def __repr__(self) -> str:
        return self.name

    @property
    def is_module(self) -> bool:
        """Has it the fields of an ``nn.Module``?"""
        return any(isinstance(each, dict) and each.keys() >= _MODULE_FIELDS for each in self.content)


class Refused(pickle.UnpicklingError):
    """The pickle names what only code would: no checkpoint has it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


_MODULE_FIELDS: Final = {"_parameters", "_buffers", "_modules"}
#: Modules whose functions act on the machine, and functions that run code. They would be as inert as all else; a file
#: that names them was made to do harm, which whoever has it should know.
_HARMFUL_MODULES: Final = frozenset((
    "os", "posix", "nt", "sys", "subprocess", "commands", "shutil", "socket", "pty", "ctypes", "runpy", "importlib",
    "webbrowser", "torch.hub",
))  # fmt: skip
_HARMFUL: Final = frozenset(
    f"{module}.{name}"
    for module in ("builtins", "__builtin__")
    for name in ("eval", "exec", "execfile", "compile", "open", "__import__", "input", "breakpoint")
)


class Name(str):
    """A name that the pickle has looked up, which is not a string of its own."""

    __slots__ = ()


_MARK: Final = object()
_SAID: Final = frozenset((
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE", "BINUNICODE",
    "SHORT_BINUNICODE", "BINUNICODE8",
))  # fmt: skip
_FRESH: Final[dict[str, Callable[[], Any]]] = {
    "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple, "EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_SET": set,
}  # fmt: skip
_OF_TOP: Final = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class Reader:
    """Reads one pickle.

    Args:
        file: Is read from where it stands to the end of the pickle.
        made: What may be made, by its dotted name: a function is called with the pickle's arguments, a value is taken
            as it is.
        storage: Called with the persistent id of a storage: what tensors take their bytes from.
    """

    def __init__(self, file: IO[bytes], made: Mapping[str, Any], storage: Callable[[tuple[Any, ...]], Any]) -> None:
        self._file = file
        self._made = made
        self._storage = storage
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def load(self) -> Any:
        """What the pickle describes.

        Raises:
            Refused: It names what only code would.
            Exception: It is cut short, or makes no sense.
        """
        for opcode, argument, _ in pickletools.genops(self._file):
            name = opcode.name
            if name in _SAID:
                self._stack.append(argument)
            elif name in _FRESH:
                self._stack.append(_FRESH[name]())
            elif name in _OF_TOP:
                self._stack.append(self._top(_OF_TOP[name]))
            elif name == "STOP":
                break
            elif name not in {"PROTO", "FRAME"}:
                self._step(name, argument)
        return self._stack.pop()

    def _step(self, name: str, argument: Any) -> None:
        match name:
            case "MARK":
                self._stack.append(_MARK)
            case "DUP" | "GET" | "BINGET" | "LONG_BINGET":
                self._stack.append(self._stack[-1] if argument is None else self._memo[argument])
            case "PUT" | "BINPUT" | "LONG_BINPUT" | "MEMOIZE":
                self._memo[len(self._memo) if argument is None else argument] = self._stack[-1]
            case "POP":
                self._stack.pop()
            case "BINPERSID":
                self._stack.append(self._storage(self._stack.pop()))
            case "POP_MARK" | "LIST" | "TUPLE" | "DICT" | "FROZENSET" | "APPENDS" | "SETITEMS" | "ADDITEMS":
                self._gather(name, self._to_mark())
            case "APPEND":
                self._gather("APPENDS", self._top(1))
            case "SETITEM":
                self._gather("SETITEMS", self._top(2))
            case _:
                self._look_up(name, argument)

    def _gather(self, name: str, values: tuple[Any, ...]) -> None:
        """Put what stands above a mark into a container: a new one, or that below it."""
        match name:
            case "TUPLE":
                self._stack.append(values)
            case "LIST":
                self._stack.append(list(values))
            case "FROZENSET":
                self._stack.append(frozenset(map(_key, values)))
            case "DICT":
                self._stack.append({})
                self._set_items(values)
            case "SETITEMS":
                self._set_items(values)
            case "APPENDS" | "ADDITEMS":
                target = self._stack[-1]
                if type(target) is list:
                    target.extend(values)
                elif type(target) is set:
                    target.update(map(_key, values))
                elif type(target) is not Placeholder:
                    raise pickle.UnpicklingError(f"{name} on a {type(target).__name__}")

    def _set_items(self, values: tuple[Any, ...]) -> None:
        target = self._stack[-1]
        items = target.items if type(target) is Placeholder else target
        if type(items) not in {dict, OrderedDict}:
            raise pickle.UnpicklingError(f"items of a {type(items).__name__}")
        for key, value in zip(values[::2], values[1::2], strict=True):
            items[_key(key)] = value

    def _look_up(self, name: str, argument: Any) -> None:
        """The opcodes that name, call and build: nothing but what may be made is."""
        match name:
            case "GLOBAL":
                self._stack.append(self._named(*argument.split(" ", 1)))
            case "STACK_GLOBAL":
                self._stack.append(self._named(*self._top(2)))
            case "INST":
                made = self._call(self._named(*argument.split(" ", 1)), self._to_mark())
                self._stack.append(made)
            case "OBJ":
                kind, *arguments = self._to_mark()
                self._stack.append(self._call(kind, arguments))
            case "REDUCE" | "NEWOBJ":
                self._stack.append(self._call(*self._top(2)))
            case "NEWOBJ_EX":
                kind, arguments, _ = self._top(3)
                self._stack.append(self._call(kind, arguments))
            case "BUILD":
                (state,) = self._top(1)
                _build(self._stack[-1], state)
            case _:
                raise pickle.UnpicklingError(f"{name} in a file of weights")

    def _named(self, module: str, name: str) -> Any:
        full = f"{module}.{name}"
        top = module.partition(".")[0]
        if full in _HARMFUL or top in _HARMFUL_MODULES or module in _HARMFUL_MODULES:
            raise Refused(full)
        made = self._made.get(full)
        return Name(full) if made is None or callable(made) else made

    def _call(self, called: Any, arguments: Any) -> Any:
        make = self._made.get(called) if isinstance(called, Name) else None
        if make is not None:
            return make(*arguments)
        return Placeholder(called if isinstance(called, Name) else type(called).__name__, *arguments)

    def _top(self, count: int) -> tuple[Any, ...]:
        values = tuple(self._stack[-count:])
        if len(values) < count or any(each is _MARK for each in values):
            raise pickle.UnpicklingError("nothing is left to take")
        del self._stack[-count:]
        return values

    def _to_mark(self) -> tuple[Any, ...]:
        place = len(self._stack) - 1
        while self._stack[place] is not _MARK:
            place -= 1
            if place < 0:
                raise pickle.UnpicklingError("there is no mark")
        values = tuple(self._stack[place + 1 :])
        del self._stack[place:]
        return values


def _build(target: Any, state: Any) -> None:
    """Keep the state of a placeholder, and the versions of its modules that a state dict has with it."""
    if type(target) is Placeholder:
        states = state if isinstance(state, tuple) else (state,)
        target.content = (*target.content, *states)
    elif type(target) is OrderedDict and isinstance(state, dict) and isinstance(state.get("_metadata"), dict):
        vars(target)["_metadata"] = state["_metadata"]


def _key(key: Any) -> Any:
    """A key of a dict or a member of a set; tuples in tuples, whose hash can take for ever, are none."""
    if isinstance(key, tuple | frozenset) and any(isinstance(each, tuple | frozenset) for each in key):
        raise pickle.UnpicklingError("tuples in the tuple of a key")
    return key
