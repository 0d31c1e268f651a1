"""Questions as token ids, with the places where the auxiliary losses look."""

from dataclasses import dataclass, field

from questions import Question, Ref, ask, glyph_entities
from scene import Scene
from vocabulary import ASSISTANT, EOS, encode, spell


@dataclass
class Encoded:
    """ids: question, ASSISTANT:, answer, end. The lists hold (token, what the token must find)."""

    type: str
    ids: list = field(default_factory=list)
    answer_start: int = 0
    ground: list = field(default_factory=list)  # (token, entities); no entities: nothing to find
    pointer: list = field(default_factory=list)  # (token, entities that the answer names next)
    relation: tuple | None = None  # (token, entity X, entity Y, true or not)
    counted: tuple | None = None  # (token, entities)


def encode_question(question: Question, scene: Scene) -> Encoded:
    out = Encoded(question.type)
    for part in question.parts:
        out.ids += encode(part.words if isinstance(part, Ref) else part)
        if isinstance(part, Ref):
            out.ground.append((len(out.ids) - 1, part.entities))
    if question.relation:
        out.relation = (out.ground[-1][0], *question.relation)
    if question.counted is not None:
        out.counted = (out.ground[-1][0], question.counted)
    out.ids += encode(question.mark)
    if question.reads is not None:
        out.ground.append((len(out.ids), question.reads))
    out.ids.append(ASSISTANT)
    out.answer_start = len(out.ids)
    if question.type == "describe":
        _describe(out, question.answer, glyph_entities(scene))
    elif question.reads is not None:
        _spell(out, question)
    else:
        out.ids += encode(question.truth)
    out.ids.append(EOS)
    return out


def _describe(out, answer, glyphs):
    """Every token points at what is named next, a noun already at the following item."""
    items = [part for part in answer if isinstance(part, Ref)]
    out.pointer.append((len(out.ids) - 1, items[0].entities))
    for item, following in zip(items, [*items[1:], Ref("", ())]):
        words = encode(item.words)
        if item is not items[0]:
            out.ids += encode(",")
            out.pointer.append((len(out.ids) - 1, item.entities))
        out.pointer += [(len(out.ids) + offset, item.entities) for offset in range(len(words) - 1)]
        out.ids += words
        out.pointer.append((len(out.ids) - 1, following.entities))
        if not glyphs or item.entities != glyphs:
            out.ground.append((len(out.ids) - 1, item.entities))


def _spell(out, question):
    ids = spell(question.truth) if question.spelled else encode(question.truth)
    targets = [(glyph,) for glyph in question.glyphs] + [()]
    if not question.spelled:
        targets = [()]
    out.pointer += [(len(out.ids) - 1 + step, target) for step, target in enumerate(targets)]
    out.ids += ids


def pack(rng, scene: Scene, weights: dict, describe_rate: float, budget: int):
    """Random questions of a scene that fill a budget of tokens; weights: how often each type is drawn."""
    packed, room = [], budget
    if scene.describable and rng.random() < describe_rate:
        packed.append(encode_question(ask(rng, scene, "describe"), scene))
        room -= len(packed[0].ids)
    kinds, odds = list(weights), list(weights.values())
    for _ in range(60):
        question = ask(rng, scene, rng.choices(kinds, odds)[0])
        if not question:
            continue
        encoded = encode_question(question, scene)
        if len(encoded.ids) > room:
            break
        packed.append(encoded)
        room -= len(encoded.ids)
    rng.shuffle(packed)
    return packed
