"""text.json: tokenizer and chat template."""

from checkpoint import write_json

TEXTS = [
    "",
    " ",
    "what is in the top left corner?",
    "What COLOUR is the Heart",
    "  two  spaces\tand a tab\nand a line ",
    "bigger, smaller; (largest)!",
    "it's top-left... isn't it?",
    "dog",
    "unwritten zebra crossings",
    "0 1 42 677 1000000",
    "3.14 a1b2c3",
    "déjà vu, café, naïve",
    "cafe\u0301",
    "ＲＥＤ ｃｉｒｃｌｅ ①②½ ﬁrst",
    "İSTANBUL STRASSE ẞ ß",
    "日本語 и русский",
    "a 😀 smiling 👩‍🚀 face",
    "no\u00a0break\u3000wide\u200bzero",
    "<image>",
    "red<image>\nblue <image>",
    "<s>twice</s> and </s>the end",
    "USER: what is it? ASSISTANT: a star",
    "user: assistant: User: USER:x xUSER:",
    "<unk> <pad> <IMAGE> < image >",
    "a" * 40 + " " + "b" * 41,
    "$ € % & @ # _ / \\ | ~ ` ^ * + = [ ] { } \" « »",
    "“quoted” – dash — ellipsis…",
]

DECODE_TEXTS = [
    "a small red triangle, a small green heart, a number",
    "the cyan cross",
    "top left",
    "is it? yes! no. it's top-left",
    "do not list dogs",
]
DECODE_IDS = [
    [],
    [2],
    [49],
    [113, 49],
    [10, 57, 49],
    [39, 76, 76],
    [41],
    [18, 2],
    [1, 5, 4, 123, 173, 2],
    [3, 3, 7],
    [7, 80, 80, 81, 82, 79],
    [124, 83, 25],
    [20, 83, 26],
    [113, 20, 83, 26],
    [179, 84, 128],
    [80],
    [2, 49, 2, 49],
    [134, 2, 2, 134],
]
INCREMENTAL_IDS = [
    [10, 57, 49, 2],
    [49, 49, 113, 49],
    [39, 76, 76, 2],
    [7, 163, 152, 180, 80, 7, 138, 2],
    [124, 83, 25, 81],
    [3, 4, 5, 7, 2, 8],
]

PICTURE = {"type": "image"}


def write_text(reference):
    write_json(
        "text.json",
        {
            "encode": [_encode(reference.tokenizer, text) for text in TEXTS],
            "decode": [_decode(reference.tokenizer, ids) for ids in _decode_ids(reference.tokenizer)],
            "incremental": [_incremental(reference.tokenizer, ids) for ids in INCREMENTAL_IDS],
            "templates": _templates(reference),
        },
    )
    print(f"text.json: {len(TEXTS)} texts, {len(conversations())} conversations")


def _encode(tokenizer, text):
    return {
        "text": text,
        "ids": tokenizer(text).input_ids,
        "ids_without_special_tokens": tokenizer(text, add_special_tokens=False).input_ids,
    }


def _decode_ids(tokenizer):
    return [tokenizer(text, add_special_tokens=False).input_ids for text in DECODE_TEXTS] + DECODE_IDS


def _decode(tokenizer, ids):
    return {"ids": ids, "text": tokenizer.decode(ids, skip_special_tokens=True)}


def _incremental(tokenizer, ids):
    """Decodes every prefix, as a client sees the answer grow."""
    return {"ids": ids, "texts": [_decode(tokenizer, ids[: end + 1])["text"] for end in range(len(ids))]}


def _templates(reference):
    entries = []
    for name, messages in conversations().items():
        for add_generation_prompt in (True, False):
            rendered = reference.processor.apply_chat_template(
                messages, add_generation_prompt=add_generation_prompt
            )
            entries.append(
                {
                    "name": name,
                    "messages": messages,
                    "add_generation_prompt": add_generation_prompt,
                    "rendered": rendered,
                    "ids": reference.prompt_ids(rendered),
                }
            )
    return entries


def conversations():
    one_picture = _user(PICTURE, _text("what shape is red?"))
    return {
        "one-picture": [one_picture],
        "two-pictures": [_user(PICTURE, PICTURE, _text("which is bigger?"))],
        "picture-after-text": [_user(_text("what is "), PICTURE, _text("this?"))],
        "picture-only": [_user(PICTURE)],
        "three-turns": [
            one_picture,
            _assistant("circle"),
            _user(_text("is it big?")),
            _assistant([_text("yes, "), _text("it is")]),
            _user(_text("where is it?")),
        ],
        "string-content": [{"role": "user", "content": "hello, what can you do?"}],
        "image-mark-in-string": [{"role": "user", "content": "<image>\nwhat is it?"}],
        "system": [{"role": "system", "content": "be brief"}, one_picture],
        "system-parts": [{"role": "system", "content": [_text("be "), _text("brief")]}, one_picture],
        "ends-with-assistant": [one_picture, _assistant("the")],
        "not-escaped": [_user(_text("<b>\"a\" & 'b'</b>\n  {{ x }} {% y %} "))],
    }


def _text(text):
    return {"type": "text", "text": text}


def _user(*parts):
    return {"role": "user", "content": list(parts)}


def _assistant(content):
    return {"role": "assistant", "content": content}
