"""What a picture holds: objects and at most a few texts, placed so that nothing overlaps."""

import random
from dataclasses import dataclass, field

SIDE = 192  # pixels of a picture's side
PATCH = 8  # pixels of a patch's side
GRID = SIDE // PATCH  # patches of a side
PATCHES = GRID * GRID

SHAPES = ("circle", "square", "triangle", "diamond", "star", "heart", "cross", "ring")
COLORS = {
    "red": (215, 30, 35),
    "orange": (250, 135, 15),
    "yellow": (245, 222, 40),
    "green": (35, 150, 55),
    "cyan": (50, 210, 220),
    "blue": (35, 70, 210),
    "purple": (125, 40, 165),
    "pink": (250, 130, 190),
}
WORDS = (
    "APPLE BABY BALL BANK BEAR BELL BIKE BIRD BOAT BOOK BREAD BUS CAKE CAR CAT CHAIR CITY CLOCK CLOUD COAT COLD "
    "COOK CORN COW CUP DAY DESK DOG DOOR DUCK EAST EGG EXIT FARM FAST FIRE FISH FIVE FLAG FOOD FOX FROG GAME GATE "
    "GIFT GOAT GOLD HAND HAT HILL HOME HORSE HOT HOUSE ICE JAM KEY KING KITE LAKE LAMP LEAF LION MAP MILK MOON "
    "MUSIC NEST NORTH OPEN PARK PEN PIZZA PLANE QUEEN RAIN ROAD ROCK SALT SHIP SHOE SNOW SOAP SOUTH STOP SUN TEA "
    "TIGER TRAIN TREE VAN WATER WEST WIND WOLF ZOO"
).split()
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FONTS = ("DejaVuSans-Bold", "DejaVuSansMono-Bold", "DejaVuSans", "DejaVuSerif-Bold")
# Width of an upper case glyph over the font size, the widest on average: enough to keep texts apart.
GLYPH_WIDTH = 0.82


@dataclass(frozen=True)
class Thing:
    """A coloured shape. x, y and radius are pixels of the finished picture."""

    shape: str
    color: str
    big: bool
    x: float
    y: float
    radius: float

    @property
    def size(self):
        return "big" if self.big else "small"

    @property
    def name(self):
        return f"{self.color} {self.shape}"

    @property
    def reach(self):
        """Half the side of the square that no other thing may touch."""
        return 1.12 * self.radius + 1


@dataclass(frozen=True)
class Text:
    """A word or a number in upper case, centred at x, y."""

    text: str
    font: str
    pixels: float
    x: float
    y: float

    @property
    def is_number(self):
        return self.text.isdigit()


@dataclass
class Scene:
    things: list = field(default_factory=list)
    texts: list = field(default_factory=list)

    @property
    def text(self):
        return self.texts[0] if self.texts else None

    @property
    def describable(self):
        """A description must have one order and no name twice."""
        names = {thing.name for thing in self.things}
        across = sorted(thing.x for thing in self.things)
        apart = all(right - left >= 6 for left, right in zip(across, across[1:]))
        return 1 <= len(self.things) <= 5 and len(names) == len(self.things) and apart


def draw_scene(rng: random.Random, kind: str = "any") -> Scene:
    """A random scene. kind: "describable", "any", or "dense" (only the vision tower learns from it)."""
    while True:
        scene = _attempt(rng, kind)
        if scene and (kind != "describable" or scene.describable):
            return scene


def seeded_scene(purpose: str, index: int, dense: bool = False) -> Scene:
    """Picture number index of a set; another purpose is another seed, so sets never share pictures."""
    rng = random.Random(f"winnow/{purpose}/{index}")
    kind = "dense" if dense else "describable" if rng.random() < 0.6 else "any"
    return draw_scene(rng, kind)


def _attempt(rng, kind):
    low, high = {"describable": (2, 5), "any": (2, 9), "dense": (6, 14)}[kind]
    colors = rng.sample(list(COLORS), rng.randint(2, 8))
    shapes = rng.sample(SHAPES, rng.randint(2, 8))
    texts = rng.randint(3, 7) if kind == "dense" else int(rng.random() < 0.6)
    scene, boxes = Scene(), []
    for _ in range(texts):
        _place_text(rng, scene, boxes)
    count = rng.randint(low, high)
    for _ in range(count):
        if not _place_thing(rng, scene, boxes, rng.choice(shapes), rng.choice(colors)) and kind != "dense":
            return None
    return scene


def _place_text(rng, scene, boxes):
    text, pixels = _random_text(rng), rng.uniform(22, 28)
    half_width = GLYPH_WIDTH * pixels * len(text) / 2 + 1
    half_height = 0.45 * pixels + 1
    for _ in range(20):
        x = rng.uniform(half_width + 1, SIDE - half_width - 1)
        y = rng.uniform(half_height + 1, SIDE - half_height - 1)
        box = (x - half_width, y - half_height, x + half_width, y + half_height)
        if not any(_overlap(box, other) for other in boxes):
            boxes.append(box)
            scene.texts.append(Text(text, rng.choice(FONTS), pixels, x, y))
            return


def _place_thing(rng, scene, boxes, shape, color):
    big = rng.random() < 0.4
    radius = rng.uniform(18, 23) if big else rng.uniform(9.5, 12.5)
    for _ in range(30):
        reach = 1.12 * radius + 1
        x, y = rng.uniform(reach, SIDE - reach), rng.uniform(reach, SIDE - reach)
        box = (x - reach, y - reach, x + reach, y + reach)
        if not any(_overlap(box, other) for other in boxes):
            boxes.append(box)
            scene.things.append(Thing(shape, color, big, x, y, radius))
            return True
    return False


def _random_text(rng):
    draw = rng.random()
    if draw < 0.40:
        return str(rng.randint(0, 999))
    if draw < 0.61:
        return rng.choice(WORDS)
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(3, 5)))


def _overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
