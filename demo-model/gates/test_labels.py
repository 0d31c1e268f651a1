"""Truth table of the label rules: plain asserts, plain Python, an instant. `mvn verify` runs it where there is a python3.

python test_labels.py"""

from labels import Branch, exits

# rule, tau, agreeing tokens of the answer's, loss of the full model, loss without visual tokens: may they go?
TABLE = [
    # The code's rule: more than 99 % of the tokens, and below 1.03 times the loss. Both sides of both bounds.
    ("code", None, (4, 4), 1.00, 1.00, True),
    ("code", None, (4, 4), 1.00, 0.20, True),
    ("code", None, (4, 4), 1.00, 1.0299, True),
    ("code", None, (4, 4), 1.00, 1.0301, False),
    ("code", None, (3, 4), 1.00, 1.00, False),
    ("code", None, (3, 4), 1.00, 2.00, False),
    ("code", None, (1, 1), 1.00, 1.00, True),
    ("code", None, (0, 1), 1.00, 1.00, False),
    ("code", None, (199, 200), 1.00, 1.00, True),  # .995: one token of a long answer may differ
    ("code", None, (198, 200), 1.00, 1.00, False),  # .99 is not more than .99
    ("code", None, (99, 100), 1.00, 1.00, False),
    ("code", None, (4, 4), 0.0, 0.0, False),  # nothing is below 1.03 times nothing
    ("code", None, (4, 4), 1e-5, 2e-5, False),  # a ratio, however sure both are
    # The paper's: the same answer, and a loss below tau whatever the full model's is.
    ("paper", 0.1, (4, 4), 1e-5, 2e-5, True),
    ("paper", 0.1, (4, 4), 0.50, 0.0999, True),
    ("paper", 0.1, (4, 4), 0.05, 0.1001, False),
    ("paper", 0.1, (3, 4), 0.05, 0.05, False),
    ("paper", 0.1, (199, 200), 0.05, 0.05, False),  # every token counts
    ("paper", 2.0, (4, 4), 1.00, 1.50, True),
]


def test_the_truth_table():
    for rule, tau, (agreeing, tokens), full_loss, loss, expected in TABLE:
        full = Branch(tuple(range(tokens)), (full_loss,) * tokens)
        argmax = tuple(token if token < agreeing else -1 for token in range(tokens))
        assert exits(rule, full, Branch(argmax, (loss,) * tokens), tau) is expected, (rule, tau, agreeing, tokens, loss)


def test_the_loss_is_the_mean_over_the_answer():
    full = Branch((1, 2), (0.0, 2.0))
    assert exits("code", full, Branch((1, 2), (2.0, 0.05)))
    assert not exits("code", full, Branch((1, 2), (0.0, 2.07)))


def test_behind_the_last_layer_both_branches_are_one_and_the_tokens_may_go():
    branch = Branch((5, 6, 2), (0.1, 0.0, 0.3))
    assert exits("code", branch, branch)


def test_answers_of_different_length_are_refused():
    whole, short, empty = Branch((1, 2), (0.1, 0.1)), Branch((1,), (0.1,)), Branch((), ())
    for full, withdrawn in ((whole, short), (short, whole), (empty, empty)):
        _assert_refused("code", full, withdrawn)


def test_a_rule_must_be_known_and_the_papers_have_a_bound():
    branch = Branch((1,), (0.1,))
    _assert_refused("other", branch, branch)
    _assert_refused("paper", branch, branch)
    _assert_refused("paper", branch, branch, tau=0)


def _assert_refused(rule, full, withdrawn, tau=None):
    try:
        exits(rule, full, withdrawn, tau)
    except ValueError:
        return
    raise AssertionError(f"{rule}, {full}, {withdrawn}, {tau} was taken")


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print("passed", name)
