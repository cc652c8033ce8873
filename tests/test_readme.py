"""The README shows what the quickstart prints."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def figures_in_readme():
    """S, U and H by the name of the row."""
    pattern = r"^(\w+, [\w ]+?) +(\d\.\d\d) +(\d\.\d\d) +(\d\.\d\d)$"
    rows = re.findall(pattern, (ROOT / "README.md").read_text(), re.MULTILINE)
    return {name: [float(figure) for figure in figures] for name, *figures in rows}


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
def test_figures_of_the_quickstart(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    script = ROOT / "examples" / "getting_started" / "plot_quickstart.py"
    results = runpy.run_path(str(script))["results"]
    shown = figures_in_readme()
    assert list(shown) == list(results.index)
    for name, figures in shown.items():
        # Rounding differs between machines, and training amplifies it.
        assert results.loc[name].tolist() == pytest.approx(figures, abs=0.03)
    assert str(tmp_path / "quickstart.png") in capsys.readouterr().out
    assert (tmp_path / "quickstart.png").exists()
