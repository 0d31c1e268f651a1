"""When a sample counts as "exit" behind a layer: DyVTE's two rules (arXiv 2411.19628), in plain Python.

Both compare the branch without visual tokens in the later layers with the full model, not with the truth."""

from dataclasses import dataclass

RULES = ("code", "paper")

# The authors' code: more than this share of the answer's tokens agree, and the loss stays below this factor.
TOKEN_AGREEMENT = 0.99
LOSS_RATIO = 1.03


@dataclass(frozen=True)
class Branch:
    """The answer under teacher forcing: the most probable token at each place, and -log p of the answer's own."""

    argmax: tuple
    losses: tuple

    @property
    def loss(self):
        """Mean cross-entropy of the answer, in nats."""
        return sum(self.losses) / len(self.losses)


def exits(rule, full: Branch, withdrawn: Branch, tau=None):
    """Whether the visual tokens could go.

    full: the unpruned model; withdrawn: no visual tokens in the later layers; tau: bound of rule "paper", in nats."""
    if not full.argmax or not len(full.argmax) == len(full.losses) == len(withdrawn.argmax) == len(withdrawn.losses):
        raise ValueError("both branches need one token and one loss for each token of the answer, at least one")
    if rule == "code":
        return _agreement(full, withdrawn) > TOKEN_AGREEMENT and withdrawn.loss < LOSS_RATIO * full.loss
    if rule == "paper":
        if tau is None or tau <= 0:
            raise ValueError(f"rule paper needs tau above 0, in nats; it is {tau}")
        return full.argmax == withdrawn.argmax and withdrawn.loss < tau
    raise ValueError(f"rule is {rule!r}, must be one of {', '.join(RULES)}")


def _agreement(full, withdrawn):
    """Share of the answer's tokens that both branches would say."""
    return sum(a == b for a, b in zip(full.argmax, withdrawn.argmax)) / len(full.argmax)
