package io.winnow.pruner.planning;

/** Why a plan is what it is, as a stable code for counting; {@link PrunePlan#reason} says it. */
public enum ReasonCode {
  /** The caller named the method, or wanted all tokens kept. */
  ASKED_FOR,
  /** The prompt has no visual tokens. */
  NO_VISUAL_TOKENS,
  /** The method named would drop nothing of this prompt. */
  NOTHING_TO_DROP,
  /** auto: the best recipe that pays, or that the budget admits. */
  CHOSEN,
  /** auto: a picture is to be looked at in high detail. */
  HIGH_DETAIL,
  /** auto: there is no recipe for the model. */
  NOT_CALIBRATED,
  /** auto: the accuracy of no recipe is known. */
  ACCURACY_UNKNOWN,
  /** auto: no recipe is known to be accurate enough. */
  NOT_ACCURATE,
  /** auto: the time wanted is met with every token. */
  FAST_ENOUGH,
  /** auto: a time is wanted, and none can be told yet. */
  COST_UNKNOWN,
  /** auto: no recipe is within the budget. */
  NONE_WITHIN_BUDGET,
  /** auto: keeps everything now and then, to know what pruning saves. */
  COMPARING,
  /** auto: there are too few visual tokens to gain from. */
  FEW_VISUAL_TOKENS,
  /** auto: the prompt is too short to gain from. */
  SHORT_PROMPT,
  /** auto: dropping costs about what it saves. */
  NO_GAIN,
  /** auto: the recipe saves too little. */
  SMALL_SAVING
}
