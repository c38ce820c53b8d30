"""Who may include whom: the layers of docs/architecture.md, checked on every #include of the kernel."""
import re
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)

# A folder may include itself and what stands here. The longest prefix of a path decides.
ALLOWED = {
    'core/base': ['arch/include'],
    'core/sync': ['arch/include', 'core/base', 'core/time', 'core/sched', 'core/log.hh'],
    'core': ['arch/include', 'core/base', 'core/sync', 'core/mm'],
    'core/mm': ['arch/include', 'core'],
    'arch/x64': ['arch/include', 'core'],
    'arch/include': ['core'],
    'drivers': ['core', 'arch/include'],
    'fs': ['core', 'arch/include'],
    'net': ['core', 'arch/include'],
    'loader': ['core', 'fs', 'arch/include'],
    'linux': ['core', 'fs', 'net', 'drivers', 'loader', 'arch/include'],
    'libc': ['core', 'linux', 'loader', 'arch/include'],
    'boot': ['core', 'fs', 'net', 'drivers', 'loader', 'linux', 'libc', 'arch/include'],
}
# core/mm owns the page tables, which are the CPU's: these files of arch/ are its.
EXCEPTIONS = {('arch/x64/page_table.cc', 'core/mm'), ('arch/x64/tlb.cc', 'core/mm')}


def area(path: str) -> str:
    """The folder of ALLOWED that a path belongs to; contract headers are arch/include wherever they lie."""
    if path.startswith('arch/') and not path.startswith('arch/x64/'):
        return 'arch/include'
    if path.startswith('arch/x64/include/'):
        return 'arch/include'
    best = ''
    for prefix in ALLOWED:
        if path.startswith(prefix + '/') and len(prefix) > len(best):
            best = prefix
    return best


def permits(including: str, included: str) -> bool:
    """Whether a file may include another, both as paths from the root."""
    home, target = area(including), area(included)
    if not home or not target or home == target:
        return bool(home)
    return any(included.startswith(p + '/') or included == p or target == p for p in ALLOWED[home])


def check(root: Path, files: list[Path]) -> list[str]:
    """One line for each include that goes against the layers, or names no file."""
    problems = []
    for path in files:
        name = str(path.relative_to(root))
        if not area(name):
            continue
        text = path.read_text()
        for match in INCLUDE.finditer(text):
            included = match.group(1)
            if not (root / included).exists() and not (root / 'arch/x64/include' / included).exists():
                line = text.count('\n', 0, match.start()) + 1
                problems.append(f'{name}:{line}: "{included}" is no path from the repository root')
            elif not permits(name, included):
                line = text.count('\n', 0, match.start()) + 1
                problems.append(f'{name}:{line}: {area(name)} may not include {included} (layers.py)')
        if not name.startswith('arch/') and re.search(r'#\s*if.*__x86_64__|#\s*if.*__aarch64__', text):
            problems.append(f'{name}: conditional on the architecture outside arch/')
    return problems
