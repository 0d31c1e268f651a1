"""The tokenizer: 200 words, WordPiece, and the files that Hugging Face needs for it."""

import json
import re

SPECIALS = ("<pad>", "<s>", "</s>", "<unk>", "<image>", "USER:", "ASSISTANT:")
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
PLAIN = (
    "above an and any are at below big bigger biggest blue bottom can center circle circles color colors "
    "colour colours corner count cross crosses cyan describe diamond diamonds do does empty green heart "
    "hearts hello how image in is it its larger largest left list many me middle much no none not nothing "
    "number object objects of on or orange part photo picture pink please purple read red right ring rings "
    "say scene see shape shapes show size small smaller smallest square squares star stars tell text that the "
    "there thing things this to top triangle triangles under what where which who word written yellow yes you "
    "first last letter digit letters digits second next"
).split()
WORDS = (*SPECIALS, *CHARACTERS, *("##" + c for c in CHARACTERS), *"?,.!'-", *PLAIN)
IDS = {word: number for number, word in enumerate(WORDS)}
PAD, BOS, EOS, UNKNOWN, IMAGE, USER, ASSISTANT = range(7)


def encode(text):
    """Ids of a text of known words; a word outside the vocabulary is a mistake in a template."""
    return [IDS[piece] for piece in re.findall(r"[a-z0-9]+|[^\sa-z0-9]", text.lower())]


def spell(text):
    """Ids with one token for each character: how a written text is answered."""
    return [IDS[c if index == 0 else "##" + c] for index, c in enumerate(text.lower())]


def decode(ids):
    text = " ".join(WORDS[i] for i in ids if i >= len(SPECIALS))
    return text.replace(" ##", "").replace(" ,", ",")


def write_tokenizer(folder):
    """tokenizer.json, tokenizer_config.json and chat_template.jinja."""
    single = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    added = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": IDS[word], "content": word} | added for word in SPECIALS],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}]},
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Punctuation", "behavior": "Isolated"}],
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": single,
            "pair": [*single, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [BOS], "tokens": ["<s>"]}},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "<unk>",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 40,
            "vocab": IDS,
        },
    }
    config = {
        "backend": "tokenizers",
        "bos_token": "<s>",
        "clean_up_tokenization_spaces": False,
        "eos_token": "</s>",
        "extra_special_tokens": ["<image>", "USER:", "ASSISTANT:"],
        "model_max_length": 1024,
        "pad_token": "<pad>",
        "padding_side": "left",
        "processor_class": "LlavaProcessor",
        "tokenizer_class": "TokenizersBackend",
        "unk_token": "<unk>",
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")


CHAT_TEMPLATE = (
    "{% for m in messages %}{% if m['role']=='user' %}USER: {% if m['content'] is string %}{{ m['content'] }}"
    "{% else %}{% for c in m['content'] if c['type']=='image' %}<image>\n{% endfor %}"
    "{% for c in m['content'] if c['type']=='text' %}{{ c['text'] }}{% endfor %}{% endif %}"
    "{% else %} ASSISTANT: {% if m['content'] is string %}{{ m['content'] }}"
    "{% else %}{% for c in m['content'] if c['type']=='text' %}{{ c['text'] }}{% endfor %}{% endif %}</s>{% endif %}"
    "{% endfor %}{% if add_generation_prompt %} ASSISTANT:{% endif %}"
)
