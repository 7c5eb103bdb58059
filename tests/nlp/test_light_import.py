"""The web process may import the types; it must not pay for the model."""

from __future__ import annotations

import subprocess
import sys

HEAVY = "spacy onnxruntime transformers numpy presidio_analyzer torch"


def test_types_and_taxonomy_load_nothing_heavy() -> None:
    code = (
        "import sys, nlp, nlp.types, nlp.taxonomy;"
        f"found = [name for name in '{HEAVY}'.split() if name in sys.modules];"
        "sys.exit(', '.join(found) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_pipeline_needs_no_torch_and_no_application() -> None:
    code = (
        "import sys, nlp.pipeline;"
        "found = [n for n in ('torch', 'surveyapp', 'flask', 'sqlalchemy', 'redis', 'rq')"
        " if n in sys.modules]; sys.exit(', '.join(found) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "PyTorch" not in run.stderr
