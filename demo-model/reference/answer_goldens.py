"""answers.json, logits.json and vision.json: what the unpruned model says, scores and sees."""

from dataclasses import replace

from checkpoint import (
    IMAGE_TOKEN,
    question,
    questions,
    rounded,
    smallest_margin,
    write_json,
    write_questions,
)

MAX_NEW_TOKENS = 64
LOGIT_QUESTIONS = ["ex00-relation", "ex01-ocr", "ex04-corner", "ex05-describe", "ex08-count", "ex09-color"]
TEXT_ONLY_QUESTION = "Is a red circle big or small?"
VISION_PICTURES = ["ex00.png", "ex04.png", "ex09.png"]
VISION_ROWS = list(range(0, 576, 25))


def record_answers(reference):
    """Takes this checkpoint's answers for the recorded ones."""
    rows = [replace(item, reference_answer=_answer(reference, item)["answer"]) for item in questions()]
    write_questions(rows)
    right = sum(row.reference_answer.lower() == row.truth.lower() for row in rows)
    print(f"questions.tsv: {right} of {len(rows)} answers are right")


def write_answers(reference):
    entries = [_answer(reference, item) for item in questions()]
    wrong = [entry for entry in entries if entry["answer"] != entry["expected"]]
    assert not wrong, f"answers differ from questions.tsv: {wrong}"
    write_json("answers.json", entries)
    print(f"answers.json: {len(entries)} answers, all as in questions.tsv")


def _answer(reference, item):
    prompt = reference.prompt(item.text)
    prompt_ids = reference.prompt_ids(prompt)
    assert prompt_ids.count(IMAGE_TOKEN) == 1
    inputs = reference.inputs(prompt, item.picture)
    output = reference.model.generate(**inputs, max_new_tokens=MAX_NEW_TOKENS, do_sample=False)
    answer_ids = output[0, inputs["input_ids"].shape[1] :].tolist()
    if answer_ids[-1] == reference.tokenizer.eos_token_id:
        answer_ids.pop()
    return {
        "picture": item.picture,
        "type": item.type,
        "question": item.text,
        "prompt": prompt,
        "prompt_ids": prompt_ids,
        "answer_ids": answer_ids,
        "answer": reference.tokenizer.decode(answer_ids, skip_special_tokens=True),
        "expected": item.reference_answer,
        "truth": item.truth,
    }


def write_logits(reference):
    cases = [(name, question(name).picture, question(name).text) for name in LOGIT_QUESTIONS]
    cases.append(("text-only", None, TEXT_ONLY_QUESTION))
    entries, margin = [], float("inf")
    for name, picture, text in cases:
        prompt = reference.prompt(text, with_picture=picture is not None)
        token_ids, logits = reference.forced_greedy(reference.inputs(prompt, picture))
        margin = min(margin, smallest_margin(logits))
        entries.append(
            {
                "name": name,
                "picture": picture,
                "prompt_ids": reference.prompt_ids(prompt),
                "token_ids": token_ids,
                "logits": rounded(logits),
            }
        )
    write_json("logits.json", entries)
    print(f"logits.json: {len(entries)} prompts, smallest distance between best and second logit {margin:.2g}")


def write_vision(reference):
    entries = [
        {
            "picture": picture,
            "rows": VISION_ROWS,
            "features": rounded(reference.visual_tokens(picture)[VISION_ROWS]),
            "saliency": rounded(_saliency(reference, picture)),
        }
        for picture in VISION_PICTURES
    ]
    write_json("vision.json", entries)
    print(f"vision.json: {len(entries)} pictures")


def _saliency(reference, picture):
    """Attention of the class token to every patch in the feature layer, mean over heads. [576]"""
    inputs = reference.inputs(reference.prompt(""), picture)
    output = reference.model.model.vision_tower(inputs["pixel_values"], output_attentions=True)
    layer = len(output.attentions) + reference.model.config.vision_feature_layer
    return output.attentions[layer][0].mean(dim=0)[0, 1:]
