"""Questions about a scene with their true answers, and what each phrase of them names."""

from dataclasses import dataclass, field

import phrases
from scene import COLORS, SHAPES, SIDE, Scene

TYPES = "color shape size exist count where corner relation compare ocr letter describe".split()
MARKS = ("", "?", ".")
REGIONS = (
    ("top left", "top", "top right"),
    ("left", "center", "right"),
    ("bottom left", "bottom", "bottom right"),
)
MARGIN = 7  # pixels from a third's border within which a place is not asked for


@dataclass(frozen=True)
class Ref:
    """Words that name entities (Labels says which numbers); their last token must find them."""

    words: str
    entities: tuple


@dataclass
class Question:
    type: str
    parts: list  # str or Ref
    answer: list  # str or Ref
    mark: str = ""
    spelled: bool = False  # the answer is a written text, one token for each character
    relation: tuple | None = None  # (entity X, entity Y, true or not)
    counted: tuple | None = None  # the things that match
    reads: tuple | None = None  # all glyphs, which the answer must look at
    glyphs: tuple = field(default=())  # the glyphs the answer spells, in order

    @property
    def text(self):
        return _plain(self.parts) + self.mark

    @property
    def truth(self):
        return _plain(self.answer)


def ask(rng, scene: Scene, kind: str):
    """A random question of a type, or None where the scene allows none."""
    question = _ASKERS[kind](rng, scene)
    if question:
        question.mark = rng.choices(MARKS, (0.25, 0.5, 0.25))[0]
    return question


def glyph_entities(scene):
    start = len(scene.things)
    return tuple(range(start, start + sum(len(text.text) for text in scene.texts)))


def _color(rng, scene):
    found = _only(rng, scene, "shape")
    if not found:
        return None
    thing, entity = found
    before = rng.choice(phrases.COLOR)
    return Question("color", [before, Ref(thing.shape, (entity,)), _place(rng)], [thing.color])


def _shape(rng, scene):
    found = _only(rng, scene, "color")
    if not found:
        return None
    thing, entity = found
    noun = rng.choice(("object", "thing"))
    draw = rng.random()
    if draw < 0.25:
        return Question("shape", ["which shape is", Ref(thing.color, (entity,)), _place(rng)], [thing.shape])
    before = rng.choice(phrases.SHAPE)
    return Question("shape", [before, Ref(f"{thing.color} {noun}", (entity,)), _place(rng)], [thing.shape])


def _size(rng, scene):
    named = _named(rng, scene)
    if not named:
        return None
    thing, ref = named
    if rng.random() < 0.6:
        parts = ["is the", ref, rng.choice(phrases.SIZE_CHOICE)]
    else:
        parts = [rng.choice(phrases.SIZE), ref]
    return Question("size", [*parts, _place(rng)], [thing.size])


def _exist(rng, scene):
    wanted, ref = _description(rng, scene, absent=0.62, plural=False)
    before = rng.choice(phrases.EXIST)
    if ref.words[0] == "o" and before.endswith(" a") and rng.random() < 0.5:
        before += "n"
    return Question("exist", [before, ref, _place(rng)], ["yes" if wanted else "no"], counted=wanted)


def _count(rng, scene):
    if rng.random() < 0.2:
        wanted = tuple(range(len(scene.things)))
        ref = Ref(rng.choice(phrases.EVERYTHING), wanted)
    else:
        wanted, ref = _description(rng, scene, absent=0.1, plural=True)
    before, after = rng.choice(phrases.COUNT)
    place = _place(rng) if after != "are" else rng.choice(phrases.PLACES)
    return Question("count", [before, ref, after, place], [str(len(wanted))], counted=wanted)


def _where(rng, scene):
    named = _named(rng, scene)
    if not named or _third(named[0].x) is None or _third(named[0].y) is None:
        return None
    thing, ref = named
    if rng.random() < 0.5:
        before, after = rng.choice(phrases.WHERE), _place(rng)
    else:
        before, after = rng.choice(phrases.WHERE_PART)
    return Question("where", [before, ref, after], [REGIONS[_third(thing.y)][_third(thing.x)]])


def _corner(rng, scene):
    column, row = rng.randrange(3), rng.randrange(3)
    if scene.things and rng.random() < 0.6:
        thing = rng.choice(scene.things)
        column, row = int(thing.x * 3 // SIDE), int(thing.y * 3 // SIDE)
    inside = []
    for entity, thing in enumerate((*scene.things, *scene.texts)):
        clear = _in_third(thing.x, column, -MARGIN) and _in_third(thing.y, row, -MARGIN)
        near = _in_third(thing.x, column, MARGIN) and _in_third(thing.y, row, MARGIN)
        if near and (not clear or entity >= len(scene.things)):
            return None
        if clear:
            inside.append(entity)
    if len(inside) > 1:
        return None
    region = REGIONS[row][column]
    words = _region_words(rng, region)
    answer = f"a {scene.things[inside[0]].name}" if inside else "nothing"
    *before, last = words.split()
    after = rng.choice(phrases.CORNER_OF)
    return Question("corner", [" ".join(before), Ref(last, tuple(inside)), after], [answer])


def _region_words(rng, region):
    before = rng.choice(phrases.CORNER)
    if region == "center":
        return f"{before} in the {rng.choice(('center', 'middle'))}"
    if region in ("left", "right"):
        return f"{before} on the {region}"
    if region in ("top", "bottom"):
        return f"{before} {rng.choice(('at', 'in'))} the {region}"
    corner = rng.choice(("", " corner"))
    return f"{before} {rng.choice(('in', 'in', 'at'))} the {region}{corner}"


def _relation(rng, scene):
    pair = _pair(rng, scene)
    if not pair:
        return None
    (a, ref_a), (b, ref_b) = pair
    phrase, distance = rng.choice(
        (
            (phrases.LEFT_OF, b.x - a.x),
            (phrases.RIGHT_OF, a.x - b.x),
            (phrases.ABOVE, b.y - a.y),
            (phrases.BELOW, a.y - b.y),
        )
    )
    if abs(distance) < 14:
        return None
    true = distance > 0
    parts = ["is the", ref_a, f"{rng.choice(phrase)} the", ref_b, _place(rng, 0.2)]
    relation = (ref_a.entities[0], ref_b.entities[0], true)
    return Question("relation", parts, ["yes" if true else "no"], relation=relation)


def _compare(rng, scene):
    pair = _pair(rng, scene)
    if not pair or pair[0][0].big == pair[1][0].big:
        return None
    (a, ref_a), (b, ref_b) = pair
    word, big = rng.choice((("bigger", True), ("larger", True), ("smaller", False), ("smaller", False)))
    chosen = a if a.big == big else b
    before = f"which {rng.choice(('', '', 'object '))}is {word}, the"
    return Question("compare", [before, ref_a, "or the", ref_b], [f"the {chosen.name}"])


def _ocr(rng, scene):
    text = scene.text
    if not text and rng.random() < 0.7:
        return None  # else most of the answers would be "nothing"
    noun = rng.choice(("word", "number"))
    if text and rng.random() < 0.8:
        noun = "number" if text.is_number else "word"
    words = rng.choice(phrases.ways(phrases.OCR.format(noun)))
    glyphs = glyph_entities(scene)
    answer = text.text.lower() if text else "nothing"
    return Question("ocr", [words, _place(rng)], [answer], spelled=bool(text), reads=glyphs, glyphs=glyphs)


def _letter(rng, scene):
    text = scene.text
    if not text:
        return None
    noun = "digit" if text.is_number else "letter"
    whole = "number" if text.is_number else "word"
    which = rng.choice(("first", "last"))
    words = rng.choice(phrases.ways(phrases.LETTER.format(which, noun, whole)))
    glyphs = glyph_entities(scene)
    at = 0 if which == "first" else -1
    return Question("letter", [words], [text.text[at].lower()], spelled=True, reads=glyphs, glyphs=(glyphs[at],))


def _describe(rng, scene):
    if not scene.describable:
        return None
    answer = []
    for entity in sorted(range(len(scene.things)), key=lambda number: scene.things[number].x):
        thing = scene.things[entity]
        answer += [", " if answer else "", Ref(f"a {thing.size} {thing.name}", (entity,))]
    if scene.text:
        noun = "number" if scene.text.is_number else "word"
        answer += [", ", Ref(f"a {noun}", glyph_entities(scene))]
    return Question("describe", [rng.choice(phrases.DESCRIBE)], answer)


_ASKERS = {
    "color": _color,
    "shape": _shape,
    "size": _size,
    "exist": _exist,
    "count": _count,
    "where": _where,
    "corner": _corner,
    "relation": _relation,
    "compare": _compare,
    "ocr": _ocr,
    "letter": _letter,
    "describe": _describe,
}


def _place(rng, rate=0.4):
    return rng.choice(phrases.PLACES) if rng.random() < rate else ""


def _only(rng, scene, trait):
    """A thing that alone has its shape (or color), and its number."""
    values = [getattr(thing, trait) for thing in scene.things]
    single = [entity for entity, value in enumerate(values) if values.count(value) == 1]
    if not single:
        return None
    entity = rng.choice(single)
    return scene.things[entity], entity


def _named(rng, scene, but=None):
    """A thing with words that name it alone."""
    names = [thing.name for thing in scene.things]
    single = [e for e, name in enumerate(names) if names.count(name) == 1 and e != but]
    if not single:
        return None
    entity = rng.choice(single)
    thing = scene.things[entity]
    ways = [thing.name, thing.name]
    if [other.shape for other in scene.things].count(thing.shape) == 1:
        ways.append(thing.shape)
    if [other.color for other in scene.things].count(thing.color) == 1:
        ways.append(f"{thing.color} {rng.choice(('object', 'thing'))}")
    return thing, Ref(rng.choice(ways), (entity,))


def _pair(rng, scene):
    first = _named(rng, scene)
    second = first and _named(rng, scene, but=first[1].entities[0])
    return (first, second) if second else None


def _description(rng, scene, absent, plural):
    """The things that match a random description, and the words for it."""
    color, shape = rng.choice(list(COLORS)), rng.choice(SHAPES)
    if scene.things and rng.random() >= absent:
        thing = rng.choice(scene.things)
        color, shape = thing.color, thing.shape
    elif scene.things and rng.random() < 0.5:
        # Harder to deny: the color and the shape are both there, on different things.
        color, shape = rng.choice(scene.things).color, rng.choice(scene.things).shape
    way = rng.choice(("both", "both", "shape", "color"))
    noun = shape if way != "color" else rng.choice(("object", "thing"))
    words = noun if way == "shape" else f"{color} {noun}"
    if plural:
        words += "es" if noun == "cross" else "s"
    wanted = tuple(
        entity
        for entity, thing in enumerate(scene.things)
        if (way == "shape" or thing.color == color) and (way == "color" or thing.shape == shape)
    )
    return wanted, Ref(words, wanted)


def _third(value):
    """The third of the side a coordinate is clearly in, or None."""
    return next((third for third in range(3) if _in_third(value, third, -MARGIN)), None)


def _in_third(value, third, slack):
    """Slack widens a third at its inner borders only."""
    low = -1 if third == 0 else third * SIDE / 3 - slack
    high = SIDE + 1 if third == 2 else (third + 1) * SIDE / 3 + slack
    return low <= value <= high


def _plain(parts):
    words = [part.words if isinstance(part, Ref) else part.strip() for part in parts]
    return " ".join(word for word in words if word).replace(" ,", ",")
