"""Where the tests of the tools find what they test."""
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / 'scripts' / 'run.py'
