"""What gates do on questions that they were not trained on."""

from collections import defaultdict

THRESHOLDS = (-4, -2, -1, 0, 1, 2, 4)


def segment_ends(layers, segments):
    """Last layers of the segments that `winnow export` makes, without the model's last."""
    ends, first = [], 0
    for number in range(min(segments, layers)):
        first += layers // segments + (number < layers % segments)
        ends.append(first - 1)
    return ends[:-1]


def table(samples, labels, margins, segments):
    """How often each type may exit and does, behind each layer; then where the first exit is, for several thresholds."""
    kinds = defaultdict(list)
    for number, question in enumerate(samples.questions):
        kinds[question.type].append(number)
    layers = labels.shape[1]
    lines = ["may exit / does, behind each layer"]
    for kind, numbers in sorted(kinds.items()):
        may, does = labels[numbers].float().mean(0), (margins[numbers] > 0).float().mean(0)
        shares = " ".join(f"{a:.2f}/{b:.2f}" for a, b in zip(may.tolist(), does.tolist()))
        lines.append(f"{kind:12}{len(numbers):5}  {shares}")
    right = ((margins > 0) == (labels == 1)).float().mean(0)
    lines.append(f"{'right':12}{len(labels):5}  " + " ".join(f"{share:9.2f}" for share in right.tolist()))
    ends = segment_ends(layers + 1, segments)
    lines.append(f"layers run with the picture, and share of the full model's answers; gates of {ends}, gates of all layers")
    for threshold in THRESHOLDS:
        outcomes = [_outcome(samples, margins, threshold, checked) for checked in (ends, range(layers))]
        lines.append(f"{'margin > ' + str(threshold):17}  " + "    ".join(outcomes))
    for layer in range(layers):
        same = [full.argmax == branches[layer].argmax for _, full, branches in samples]
        lines.append(f"{'always behind ' + str(layer):17}  {layer + 1:.2f} {sum(same) / len(same):.3f}")
    return "\n".join(lines)


def _outcome(samples, margins, threshold, checked):
    depth = same = 0
    for row, (_, full, branches) in zip(margins.tolist(), samples):
        layer = next((layer for layer in checked if row[layer] > threshold), None)
        depth += len(row) + 1 if layer is None else layer + 1
        same += layer is None or full.argmax == branches[layer].argmax
    return f"{depth / len(margins):.2f} {same / len(margins):.3f}"
