"""How good a model is on labelled comments. Pure functions of labels and of what a model said."""

from nlp.evaluation.calibration import calibration_error
from nlp.evaluation.scores import LabelScore, Scores, score, stack, truth_of

__all__ = ["LabelScore", "Scores", "calibration_error", "score", "stack", "truth_of"]
