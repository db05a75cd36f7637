"""Turns long blocks of code of an answer into files, and tells what stands in their place.

Pure; it knows Markdown's code blocks and file names, and nothing of platforms. The post whose last line names
a file carries it. While a block is being written its line says how far it is. A block whose first line says
`file=name` goes as a file however short it is.

Join rule: what `sections` gives are verbatim slices, `prose` and `source` in turn, which joined are the text.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.conversation.text.blocks import Fence, after_line
from bot.conversation.text.counting import counted
from bot.conversation.text.splitting import split_stream
from bot.messages import File

DEFAULT_NAME = "code"
MAX_NAME_CHARS = 60
MAX_NAMING_CHARS = 300
"""How much of what stands around a block is searched for a name."""

_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_TITLE = re.compile(r"\b(?:title|filename|file|name)\s*[=:]\s*(?:\"([^\"]+)\"|'([^']+)'|([^\s\"'{}]+))", re.I)
_ALWAYS = re.compile(r"\bfile\s*=", re.I)
_PATH = re.compile(r"[\w./\\-]*\w\.([A-Za-z]\w{0,9})(?![\w./\\-])", re.ASCII)
_LANGUAGE = re.compile(r"[{.]*([\w#+-]+)")
_NAMED_BEFORE = re.compile(r"([\w./\\-]*\w\.([A-Za-z]\w{0,9}))(?:`|[*_\"')]*\s*:?[*_]*\s*\Z)", re.ASCII)
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")

EXTENSIONS = {
    language: extension
    for extension, languages in {
        "py": "python python3 py",
        "js": "javascript js node",
        "ts": "typescript ts",
        "jsx": "jsx",
        "tsx": "tsx",
        "java": "java",
        "kt": "kotlin kt",
        "c": "c",
        "h": "h",
        "cpp": "cpp c++ cxx cc",
        "cs": "csharp cs c#",
        "go": "go golang",
        "rs": "rust rs",
        "rb": "ruby rb",
        "php": "php",
        "swift": "swift",
        "scala": "scala",
        "dart": "dart",
        "lua": "lua",
        "pl": "perl pl",
        "r": "r",
        "jl": "julia jl",
        "hs": "haskell hs",
        "ex": "elixir ex",
        "clj": "clojure clj",
        "ml": "ocaml ml",
        "sh": "bash sh shell zsh console",
        "ps1": "powershell ps1",
        "sql": "sql",
        "html": "html",
        "css": "css",
        "scss": "scss",
        "vue": "vue",
        "xml": "xml",
        "json": "json",
        "jsonl": "jsonl",
        "yaml": "yaml yml",
        "toml": "toml",
        "ini": "ini cfg conf",
        "csv": "csv",
        "md": "markdown md",
        "tex": "latex tex",
        "tf": "terraform tf hcl",
        "proto": "protobuf proto",
        "diff": "diff patch",
        "txt": "text txt",
    }.items()
    for language in languages.split()
}
"""What files end in, by the language of a code block."""
_KNOWN_ENDINGS = frozenset(EXTENSIONS.values()) | {"yml", "cfg", "conf", "log", "env", "lock", "gradle"}
_RUN_BY_A_CLICK = frozenset(
    {"exe", "scr", "com", "pif", "lnk", "msi", "dll", "jar", "bat", "cmd", "vbs", "hta"}
)


@dataclass(frozen=True, slots=True)
class Post:
    """What one post shows: its text, and the file that it carries."""

    text: str
    file: File | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an answer up to a block of code that `line` stands for: one that is `file` now, or the last
    one while it is being written (`is_short`: it may yet be shown as it is)."""

    prose: str
    line: str = ""
    source: str = ""
    file: File | None = None
    is_short: bool = False


@dataclass(slots=True)
class _Code:
    """A code block of a text: where it is, and what is in it."""

    start: int
    code_start: int
    fence: Fence
    end: int = 0
    code_end: int = 0
    is_open: bool = False


def posts(
    text: str,
    max_chars: int,
    max_code_chars: int | None,
    *,
    is_whole: bool,
    max_file_bytes: int | None = None,
    no_files: str = "",
    make_safe: Callable[[str], str] = str,
) -> list[Post]:
    """The posts of an answer, or of what is there of it unless it `is_whole`: at most `max_chars` characters
    each, blocks of code of more than `max_code_chars` as files, None for no files. What is larger than
    `max_file_bytes` is shown as text. Where `no_files` says why there are none, that stands for what is to be
    a file and takes more than a post. `make_safe` takes the danger out of what is shown; files stay as they
    are."""

    def show(part: str) -> list[str]:
        return split_stream(make_safe(part), max_chars)

    if max_code_chars is None and not no_files:
        return [Post(part) for part in show(text)]
    found: list[Post] = []
    most = sys.maxsize if max_code_chars is None else max_code_chars
    for section in sections(text, most, is_whole=is_whole):
        if max_code_chars is None:
            found += map(Post, _unattached(section, no_files, show))
            continue
        if section.file is not None and _is_larger(section.file, max_file_bytes):
            found += map(
                Post, show(f"{section.prose}{_named(section.file)} is too large a file.\n{section.source}")
            )
            continue
        found += map(Post, _parts(section, show))
        if section.file is not None:
            found[-1] = Post(found[-1].text, section.file)
    return found


def _parts(section: Section, show: Callable[[str], list[str]]) -> list[str]:
    if section.is_short:
        # Shown as it is while it takes no new post, which would be one too many when it becomes a file.
        parts = show(section.prose + section.source)
        if len(parts) <= max(1, len(show(section.prose))):
            return parts
    return show(section.prose + section.line)


def _unattached(section: Section, no_files: str, show: Callable[[str], list[str]]) -> list[str]:
    """A part of an answer where no files can be attached: code as text, what was to be a file in any case
    only where it takes no new post."""
    if section.is_short:
        return show(section.prose + section.source)
    if section.file is None:
        return show(section.prose + section.line)
    parts = show(section.prose + section.source)
    if len(parts) <= max(1, len(show(section.prose))):
        return parts
    return show(f"{section.prose}{_named(section.file)} could not be attached here: {no_files}\n")


def _named(file: File) -> str:
    return f"`{file.name}` ({counted(len(file.text.splitlines()), 'line')})"


def _is_larger(file: File, max_bytes: int | None) -> bool:
    return max_bytes is not None and len(file.text.encode(errors="replace")) > max_bytes


def sections(text: str, max_code_chars: int, *, is_whole: bool) -> list[Section]:
    """The parts of an answer, each but the last up to a block of code that is to be a file."""
    found: list[Section] = []
    taken: set[str] = set()
    at = 0
    for code in _code_blocks(text):
        size = code.code_end - code.code_start
        is_growing = code.is_open and not is_whole
        is_short = size <= max_code_chars and _ALWAYS.search(code.fence.info[:MAX_NAMING_CHARS]) is None
        if ">" in code.fence.lead or (is_short and not is_growing):
            continue
        prose, source = text[at : code.start], text[code.start : code.end]
        before = text[max(0, code.start - MAX_NAMING_CHARS) : code.start]
        name = _unique(_name(code.fence.info[:MAX_NAMING_CHARS], before), taken)
        content = _dedented(text[code.code_start : code.code_end], code.fence.lead)
        lines = len(content.splitlines())
        count = f"{lines} line{'' if lines == 1 else 's'}"
        if is_growing:
            line = f"{code.fence.lead}`{name}`: {count} so far ..."
            found.append(Section(prose, line, source, is_short=is_short))
        else:
            line = f"{code.fence.lead}`{name}` ({count}, attached)\n"
            found.append(Section(prose, line, source, File(name, content)))
        taken.add(name.lower())
        at = code.end
    return [*found, Section(text[at:])] if at < len(text) or not found else found


def _code_blocks(text: str) -> Iterator[_Code]:
    """The code blocks whose first line is complete."""
    if "```" not in text and "~~~" not in text:
        return
    fence: Fence | None = None
    code: _Code | None = None
    for line in _LINE.finditer(text):
        before, fence = fence, after_line(fence, line[0])
        if fence is before:
            continue
        if code is not None:
            is_over_before = code.fence.is_quoted and not line[0].lstrip(" \t").startswith(">")
            code.code_end, code.end = line.start(), line.start() if is_over_before else line.end()
            yield code
            code = None
        if fence is not None and line[0].endswith("\n"):
            code = _Code(line.start(), line.end(), fence)
    if code is not None:
        code.end = code.code_end = len(text)
        code.is_open = True
        yield code


def _name(info: str, before: str) -> str:
    """What a block is to be called: by its first line, by the line before it, or by its language."""
    if titled := _TITLE.search(info):
        return _safe(titled[1] or titled[2] or titled[3])
    if (path := _PATH.search(info)) and path[1].lower() in _KNOWN_ENDINGS:
        return _safe(path[0])
    for named in reversed(list(_NAMED_BEFORE.finditer(before.rstrip().rpartition("\n")[2]))):
        if named[2].lower() in _KNOWN_ENDINGS:
            return _safe(named[1])
    language = _LANGUAGE.match(info)
    return f"{DEFAULT_NAME}.{EXTENSIONS.get(language[1].lower() if language else '', 'txt')}"


def _safe(path: str) -> str:
    """A path as the name of a file that no system minds and that does nothing when it is opened."""
    name = _UNSAFE.sub("-", re.split(r"[/\\]", path)[-1]).strip(".-") or DEFAULT_NAME
    stem, dot, ending = name.rpartition(".")
    if not dot or not 0 < len(ending) <= 10:
        return f"{name[:MAX_NAME_CHARS]}.txt"
    return f"{stem[:MAX_NAME_CHARS]}.{ending}" + (".txt" if ending.lower() in _RUN_BY_A_CLICK else "")


def _unique(name: str, taken: set[str]) -> str:
    stem, _, ending = name.rpartition(".")
    names = (name, *(f"{stem}-{number}.{ending}" for number in range(2, len(taken) + 2)))
    return next(free for free in names if free.lower() not in taken)


def _dedented(code: str, lead: str) -> str:
    """Code without the indentation of the list that it stands in."""
    return re.sub(rf"^[ \t]{{1,{len(lead)}}}", "", code, flags=re.MULTILINE) if lead else code
