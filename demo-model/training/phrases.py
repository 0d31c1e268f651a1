"""The words of the questions. Repeated phrases are drawn more often; every word is in the vocabulary."""


def ways(text):
    return tuple(way.strip() for way in text.split("|"))


PLACES = ways("in the picture | in the image | in this picture | in the photo | in the scene | in this image")
COLOR = ways(
    "what color is the | what colour is the | what is the color of the | what is the colour of the"
    "| which color is the | which colour is the | tell me the color of the"
)
SHAPE = ways("what shape is the | what is the shape of the | which shape is the | what is the")
SIZE_CHOICE = ways("big or small | small or big")
SIZE = ways("what size is the | what is the size of the | how big is the")
EXIST = ways("is there a | is there a | do you see a | can you see a | is there any")
EVERYTHING = ways("objects | things | shapes")
COUNT = (
    ("how many", "are there"),
    ("how many", "are there"),
    ("how many", "are"),
    ("how many", "do you see"),
    ("how many", "can you see"),
    ("count the", ""),
)
WHERE = ways("where is the | where is the | where do you see the")
WHERE_PART = (
    ("in which part of the picture is the", ""),
    ("in what part of the image is the", ""),
    ("which part of the picture is the", "in"),
)
CORNER = ways("what is | what is | what do you see")
CORNER_OF = ways("|| of the picture | of the image | of the photo | of this picture")
LEFT_OF, RIGHT_OF = ways("left of | to the left of"), ways("right of | to the right of")
ABOVE, BELOW = ways("above | above"), ways("below | under")
# {0}: word or number.
OCR = (
    "what {0} is written | what {0} is written | read the {0} | what is the {0} | which {0} is written"
    "| what {0} do you see | what is written | read the text | what text is written | what does the text say"
)
# {0}: first or last, {1}: letter or digit, {2}: word or number.
LETTER = (
    "what is the {0} {1} | what is the {0} {1} | which {1} is {0} | tell me the {0} {1}| what is the {0} {1} of the {2}"
)
DESCRIBE = ways(
    "describe the picture | describe the image | describe the photo | describe this picture | describe the scene"
    "| list the objects | list the objects in the picture | what do you see | tell me what you see"
    "| what can you see in the image | what objects do you see | describe what you see"
)
