"""Checks of pictures, labels, questions and token ids: plain asserts, seconds.

python test_generator.py"""

import random
import tempfile
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np

from drawing import GLYPHS, render
from encoding import encode_question, pack
from make_heldout import SETS
from questions import TYPES, Ref, ask, glyph_entities
from scene import COLORS, GRID, PATCH, SHAPES, SIDE, Scene, Text, Thing, seeded_scene
from vocabulary import (
    ASSISTANT,
    EOS,
    IDS,
    UNKNOWN,
    WORDS,
    decode,
    encode,
    spell,
    write_tokenizer,
)

SCENES = [seeded_scene("test", index) for index in range(80)]


def test_the_same_seed_draws_the_same_picture():
    first, _ = render(seeded_scene("test", 3), "seed")
    again, _ = render(seeded_scene("test", 3), "seed")
    assert (first == again).all()
    assert (first != render(seeded_scene("test", 3), "other")[0]).any()


def test_the_sets_share_no_scene_with_training_or_with_each_other():
    seen = {repr(seeded_scene("train", index)) for index in range(500)}
    for purpose, wanted in SETS.items():
        scenes = {repr(seeded_scene(purpose, index)) for index in range(wanted.pictures)}
        assert not seen & scenes
        seen |= scenes


def test_things_stay_inside_and_apart():
    for scene in SCENES:
        for thing in scene.things:
            assert thing.reach <= thing.x <= SIDE - thing.reach and thing.reach <= thing.y <= SIDE - thing.reach
        for a, b in combinations(scene.things, 2):
            assert max(abs(a.x - b.x), abs(a.y - b.y)) >= a.reach + b.reach - 1e-9


def test_labels_say_what_the_patch_shows():
    scene = Scene([Thing("square", "red", True, 100, 60, 20)], [Text("A7", "DejaVuSans-Bold", 25, 60, 150)])
    _, labels = render(scene, "labels")
    inside = (60 // PATCH) * GRID + 100 // PATCH
    assert labels.shape[inside] == SHAPES.index("square") + 1
    assert labels.color[inside] == list(COLORS).index("red") + 1
    assert labels.size[inside] == 2 and labels.centre[inside] == 1
    assert labels.shape[0] == 0 and labels.color[0] == 0
    assert [labels.glyph[patch] for patch in labels.centre_patch[1:]] == [GLYPHS.index(g) + 1 for g in "A7"]
    assert labels.masks.shape[0] == 3 and not (labels.masks.sum(0) > 1).any()
    x, y = np.array([100 // PATCH, 60 // PATCH]) * PATCH + PATCH / 2 + labels.offset[inside] * 24
    assert abs(x - 100) < 1e-3 and abs(y - 60) < 1e-3


def test_answers_are_true():
    scene = Scene(
        [
            Thing("ring", "blue", False, 30, 30, 10),
            Thing("heart", "pink", True, 150, 100, 20),
            Thing("ring", "cyan", True, 96, 160, 20),
        ],
        [Text("47", "DejaVuSans", 25, 100, 30)],
    )
    rng, truths = random.Random(5), {}
    for kind in TYPES:
        for _ in range(2000):
            question = ask(rng, scene, kind)
            if question:
                truths[question.text.rstrip("?.")] = question.truth
    assert truths["what color is the heart"] == "pink"
    assert truths["what shape is the blue object"] == "ring"
    assert truths["is the cyan ring big or small"] == "big"
    assert truths["how many rings are there"] == "2"
    assert truths["where is the blue ring"] == "top left"
    assert truths["what is on the right"] == "a pink heart"
    assert truths["what is in the center"] == "nothing"
    assert truths["is the blue ring left of the heart"] == "yes"
    assert truths["is the cyan ring above the heart"] == "no"
    assert truths["which is smaller, the blue ring or the heart"] == "the blue ring"
    assert truths["what number is written"] == "47" and truths["what is the last digit"] == "7"
    assert truths["describe the picture"] == "a small blue ring, a big cyan ring, a big pink heart, a number"


def test_every_type_is_asked_with_every_mark():
    rng, seen = random.Random(1), Counter()
    for scene in SCENES:
        for kind in TYPES:
            question = ask(rng, scene, kind)
            if question:
                seen[kind, question.mark] += 1
    assert len(seen) == 3 * len(TYPES)


def test_phrases_end_where_the_losses_look():
    rng = random.Random(2)
    for scene in SCENES:
        for kind in TYPES:
            question = ask(rng, scene, kind)
            if not question:
                continue
            encoded = encode_question(question, scene)
            nouns = [part.words.split()[-1] for part in question.parts if isinstance(part, Ref)]
            found = [WORDS[encoded.ids[token]] for token, _ in encoded.ground[: len(nouns)]]
            assert found == nouns, question
            assert encoded.ids[encoded.answer_start - 1] == ASSISTANT and encoded.ids[-1] == EOS
            assert decode(encoded.ids[encoded.answer_start : -1]) == question.truth
            assert UNKNOWN not in encoded.ids


def test_a_description_points_at_what_comes_next():
    scene = next(scene for scene in SCENES if scene.describable and scene.text and len(scene.things) > 2)
    encoded = encode_question(ask(random.Random(3), scene, "describe"), scene)
    order = sorted(range(len(scene.things)), key=lambda entity: scene.things[entity].x)
    pointers = dict(encoded.pointer)
    assert pointers[encoded.answer_start - 1] == (order[0],)
    nouns = [token for token, word in enumerate(encoded.ids) if token > encoded.answer_start and WORDS[word] in SHAPES]
    following = [(entity,) for entity in order[1:]] + [glyph_entities(scene)]
    assert [pointers[noun] for noun in nouns] == following
    assert pointers[len(encoded.ids) - 2] == ()


def test_a_pack_keeps_its_budget():
    weights = {kind: 1 for kind in TYPES if kind != "describe"}
    for index, scene in enumerate(SCENES):
        assert sum(len(question.ids) for question in pack(random.Random(index), scene, weights, 0.9, 256)) <= 256


def test_the_tokenizer_file_agrees_with_the_trainer():
    from tokenizers import Tokenizer

    assert len(WORDS) == len(IDS) == 200
    assert spell("DOG") == [IDS["d"], IDS["##o"], IDS["##g"]]
    with tempfile.TemporaryDirectory() as folder:
        write_tokenizer(Path(folder))
        tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    rng = random.Random(4)
    for scene in SCENES:
        for kind in TYPES:
            question = ask(rng, scene, kind)
            if question:
                text = question.text[0].upper() + question.text[1:]
                assert tokenizer.encode(text, add_special_tokens=False).ids == encode(question.text), text
                ids = encode_question(question, scene)
                assert tokenizer.decode(ids.ids[ids.answer_start :]) == question.truth


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print("passed", name)
