"""text/KIND.json and text/KIND.tokenizer.json: tiny tokenizers of the kinds that checkpoints come with.

Each is trained here on this folder's own sentences. Its chat template is written as those of real
checkpoints are: with jinja's filters, comments, "generation" blocks or raised exceptions.
"""

import json
from dataclasses import dataclass

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from text_goldens import TEXTS, conversations

CORPUS = [text for text in TEXTS if text.isascii() and "<" not in text] + [
    "the small red triangle is left of the blue square, and the green heart is on top",
    "what colour is the largest circle in this picture? is it bigger than the star?",
    "there are three yellow crosses and two cyan moons; none of them touches the border.",
    "describe the picture: a number, seven, stands in the bottom right corner",
    "une grande étoile verte, à droite du cœur; wo ist das rote Dreieck? größer als hier",
]
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

# Pictures first, then the text, as the converted LLaVA-1.5 has it.
VICUNA = (
    "{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': '}}{% endif %}"
    "{# Pictures first #}{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}"
    "{{ '<image>\\n' }}{% endfor %}{# Then the text #}{% if message['role'] != 'assistant' %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] + ' '}}"
    "{% endfor %}{% else %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}"
    "{% generation %}{{ content['text'] + ' '}}{% endgeneration %}{% endfor %}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)
CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + ' '}}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>' }}{% endfor %}"
    "{% if message['role'] != 'assistant' %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ '\\n' + content['text'] }}"
    "{% endfor %}{% else %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}"
    "{% generation %}{{ '\\n' + content['text'] }}{% endgeneration %}{% endfor %}{% endif %}{{'<|im_end|>'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
# Of a decoder that was trained on text alone.
LLAMA3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}"
    "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim"
    " + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)
MISTRAL = (
    "{% for message in messages %}{% if message['role'] == 'system' %}"
    "{{ '<<SYS>>\\n' + message['content'][0]['text'] + '\\n<</SYS>>\\n\\n' }}{% elif message['role'] == 'user' %}"
    "{{ '[INST] ' }}{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}"
    "{{ '<image>\\n' }}{% endfor %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] }}{% endfor %}"
    "{{' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'][0]['text'] + eos_token }}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}"
)


@dataclass(frozen=True)
class Kind:
    tokenizer: Tokenizer
    template: str
    bos: str
    eos: str
    takes_parts: bool = True  # whether the template looks into a turn's parts


def write_family_text(folder):
    folder.mkdir(exist_ok=True)
    kinds = {
        "sentencepiece": Kind(_sentencepiece(_prepended()), VICUNA, "<s>", "</s>"),
        "metaspace": Kind(_sentencepiece(_metaspace()), MISTRAL, "<s>", "</s>"),
        "byte-level": Kind(_byte_level("<|endoftext|>", "<|im_start|>", "<|im_end|>"), CHATML, "", "<|im_end|>"),
        "byte-level-bos": Kind(
            _byte_level("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", bos=True),
            LLAMA3,
            "<|begin_of_text|>",
            "<|eot_id|>",
            takes_parts=False,
        ),
    }
    for name, kind in kinds.items():
        kind.tokenizer.save(str(folder / f"{name}.tokenizer.json"), pretty=False)
        golden = _golden(kind)
        lists = [f"{json.dumps(key)}: {_value(value)}" for key, value in golden.items()]
        (folder / f"{name}.json").write_text("{\n" + ",\n".join(lists) + "\n}\n", encoding="utf-8")
        print(f"{name}: {kind.tokenizer.get_vocab_size()} tokens, {len(golden['templates'])} conversations")


def _value(value):
    if isinstance(value, list):
        return "[\n" + ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in value) + "\n]"
    return json.dumps(value, ensure_ascii=False)


def _prepended():
    """As the first converted Llamas: the normalizer sets the marks for blanks."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    return tokenizer


def _metaspace():
    """As later ones: the pre-tokenizer sets them."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    return tokenizer


def _sentencepiece(tokenizer):
    byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=560, special_tokens=["<unk>", "<s>", "</s>", *byte_tokens], show_progress=False, max_token_length=8
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    # Byte tokens are part of the vocabulary, not added tokens that text could spell out.
    content = json.loads(tokenizer.to_str())
    content["added_tokens"] = [token for token in content["added_tokens"] if token["id"] < 3]
    tokenizer = Tokenizer.from_str(json.dumps(content))
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A", "<s> $A <s> $B", [("<s>", 1)])
    tokenizer.add_special_tokens([AddedToken("<image>", normalized=False), AddedToken("<pad>", normalized=False)])
    return tokenizer


def _byte_level(*special_tokens, bos=False):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in [*special_tokens, "<image>"]])
    byte_level = processors.ByteLevel(trim_offsets=False)
    if bos:
        first = special_tokens[0]
        template = processors.TemplateProcessing(
            f"{first} $A", f"{first} $A {first} $B", [(first, tokenizer.token_to_id(first))]
        )
        tokenizer.post_processor = processors.Sequence([byte_level, template])
    else:
        tokenizer.post_processor = byte_level
    return tokenizer


def _golden(kind):
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=kind.tokenizer,
        bos_token=kind.bos or None,
        eos_token=kind.eos,
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = kind.template
    image_id = kind.tokenizer.token_to_id("<image>")
    texts = [tokenizer(text, add_special_tokens=False).input_ids for text in TEXTS]
    return {
        "bos_token": kind.bos,
        "eos_token": kind.eos,
        "image_token_id": image_id,
        "chat_template": kind.template,
        "encode": [
            {"text": text, "ids": tokenizer(text).input_ids, "ids_without_special_tokens": ids}
            for text, ids in zip(TEXTS, texts)
        ],
        "decode": [{"ids": ids, "text": tokenizer.decode(ids, skip_special_tokens=True)} for ids in texts],
        "templates": list(_templates(kind, tokenizer)),
    }


def _templates(kind, tokenizer):
    for name, messages in conversations().items():
        for add_generation_prompt in (True, False):
            seen = [message if kind.takes_parts else _as_text(message) for message in _in_parts(messages)]
            rendered = tokenizer.apply_chat_template(
                seen, tokenize=False, add_generation_prompt=add_generation_prompt
            )
            # What transformers' processors do, so that the mark does not come twice.
            begun = bool(kind.bos) and rendered.startswith(kind.bos)
            yield {
                "name": name,
                "messages": messages,
                "add_generation_prompt": add_generation_prompt,
                "rendered": rendered,
                "ids": tokenizer(rendered, add_special_tokens=not begun).input_ids,
            }


def _in_parts(messages):
    for message in messages:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        yield {"role": message["role"], "content": parts}


def _as_text(message):
    """Where a template knows only text, each picture's mark stands in it on a line of its own."""
    return {
        "role": message["role"],
        "content": "".join("<image>\n" if part["type"] == "image" else part["text"] for part in message["content"]),
    }
