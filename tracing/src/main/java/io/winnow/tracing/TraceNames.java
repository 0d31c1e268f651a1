package io.winnow.tracing;

import static io.opentelemetry.api.common.AttributeKey.booleanKey;
import static io.opentelemetry.api.common.AttributeKey.doubleKey;
import static io.opentelemetry.api.common.AttributeKey.longKey;
import static io.opentelemetry.api.common.AttributeKey.stringArrayKey;
import static io.opentelemetry.api.common.AttributeKey.stringKey;

import io.opentelemetry.api.common.AttributeKey;
import java.util.List;

/**
 * The names in Winnow's traces. {@code gen_ai} is OpenTelemetry's convention for generative AI
 * (semantic-conventions-genai, in development, hence constants of our own); {@code winnow} is for
 * what has none. docs/telemetry.md lists them.
 */
public final class TraceNames {

  /** Prefix of the spans of whole requests; the model's name follows. */
  public static final String CHAT = "chat";

  public static final String PARSE = "parse request";
  public static final String ADMISSION = "admission queue";
  public static final String FETCH_PICTURES = "fetch pictures";
  public static final String PREPARE = "prepare prompt";
  public static final String ENCODE_PICTURE = "encode picture";
  public static final String VISION_ENCODER = "vision encoder";
  public static final String RECEIVE = "receive picture";
  public static final String ENCODER_QUEUE = "encoder queue";
  public static final String DECODE_PICTURE = "decode picture";
  public static final String PREPROCESS = "preprocess";
  public static final String ENCODE = "encode";
  public static final String DECIDE = "decide";
  public static final String PLAN = "plan";
  public static final String VERDICT = "verdict";
  public static final String WIRE = "wire";
  public static final String SEND = "send visual tokens";
  public static final String DECODER_QUEUE = "decoder queue";
  public static final String PREFILL = "prefill";
  public static final String SEGMENT = "prefill segment";
  public static final String FIRST_TOKEN = "first token";
  public static final String DECODE = "decode";

  public static final String RETRY = "retry"; // an event
  public static final String FAIL_OVER = "fail-over"; // an event
  public static final String VERDICT_EFFECT = "verdict effect"; // an event
  public static final String OBSERVATION = "observation"; // an event

  public static final AttributeKey<String> OPERATION = stringKey("gen_ai.operation.name");
  public static final AttributeKey<String> PROVIDER = stringKey("gen_ai.provider.name");
  public static final AttributeKey<String> OUTPUT_TYPE = stringKey("gen_ai.output.type");
  public static final AttributeKey<String> REQUEST_MODEL = stringKey("gen_ai.request.model");
  public static final AttributeKey<Long> MAX_TOKENS = longKey("gen_ai.request.max_tokens");
  public static final AttributeKey<Double> TEMPERATURE = doubleKey("gen_ai.request.temperature");
  public static final AttributeKey<Double> TOP_P = doubleKey("gen_ai.request.top_p");
  public static final AttributeKey<Long> TOP_K = longKey("gen_ai.request.top_k");
  public static final AttributeKey<Long> SEED = longKey("gen_ai.request.seed");
  public static final AttributeKey<String> RESPONSE_ID = stringKey("gen_ai.response.id");
  public static final AttributeKey<String> RESPONSE_MODEL = stringKey("gen_ai.response.model");
  public static final AttributeKey<List<String>> FINISH_REASONS =
      stringArrayKey("gen_ai.response.finish_reasons");
  public static final AttributeKey<Double> TIME_TO_FIRST_CHUNK =
      doubleKey("gen_ai.response.time_to_first_chunk");
  public static final AttributeKey<Long> INPUT_TOKENS = longKey("gen_ai.usage.input_tokens");
  public static final AttributeKey<Long> OUTPUT_TOKENS = longKey("gen_ai.usage.output_tokens");
  public static final AttributeKey<Long> IMAGE_TOKENS = longKey("gen_ai.usage.image.input_tokens");
  public static final AttributeKey<Long> TEXT_TOKENS = longKey("gen_ai.usage.text.input_tokens");
  public static final AttributeKey<String> INPUT_MESSAGES = stringKey("gen_ai.input.messages");
  public static final AttributeKey<String> ERROR_TYPE = stringKey("error.type");

  public static final AttributeKey<String> EDGE = stringKey("winnow.edge");
  public static final AttributeKey<Long> PICTURES = longKey("winnow.pictures");
  public static final AttributeKey<Long> PICTURE = longKey("winnow.picture");
  public static final AttributeKey<Long> BYTES = longKey("winnow.bytes");
  public static final AttributeKey<Long> BLOCKS = longKey("winnow.blocks");
  public static final AttributeKey<Double> STALLED = doubleKey("winnow.stalled"); // seconds
  public static final AttributeKey<Boolean> CACHE_HIT = booleanKey("winnow.cache_hit");
  public static final AttributeKey<Long> VISUAL_TOKENS = longKey("winnow.visual_tokens");
  public static final AttributeKey<Long> VISUAL_KEPT = longKey("winnow.visual_tokens.kept");
  public static final AttributeKey<Long> VISUAL_IN = longKey("winnow.visual_tokens.in");
  public static final AttributeKey<Long> VISUAL_OUT = longKey("winnow.visual_tokens.out");
  public static final AttributeKey<Long> TOKENS_IN = longKey("winnow.tokens.in");
  public static final AttributeKey<Long> TOKENS_OUT = longKey("winnow.tokens.out");
  public static final AttributeKey<String> METHOD = stringKey("winnow.method");
  public static final AttributeKey<String> REASON = stringKey("winnow.reason");
  public static final AttributeKey<Double> FLOPS = doubleKey("winnow.flops");
  public static final AttributeKey<Double> FLOPS_RATIO = doubleKey("winnow.flops.ratio");
  public static final AttributeKey<Long> SEGMENT_NUMBER = longKey("winnow.segment");
  public static final AttributeKey<Long> FIRST_LAYER = longKey("winnow.layer.first");
  public static final AttributeKey<Long> LAYERS = longKey("winnow.layers");
  public static final AttributeKey<Long> LAYER = longKey("winnow.layer");
  public static final AttributeKey<Long> APPLIED_LAYER = longKey("winnow.layer.applied");
  public static final AttributeKey<Double> MARGIN = doubleKey("winnow.margin");
  public static final AttributeKey<Double> LATENESS = doubleKey("winnow.lateness"); // seconds
  public static final AttributeKey<Boolean> EXIT = booleanKey("winnow.exit");
  public static final AttributeKey<String> EFFECT = stringKey("winnow.effect");
  public static final AttributeKey<Boolean> BY_PRUNER = booleanKey("winnow.by_pruner");
  public static final AttributeKey<Boolean> BLOCKING = booleanKey("winnow.blocking");
  public static final AttributeKey<Long> ATTEMPT = longKey("winnow.attempt");
  public static final AttributeKey<Double> PER_TOKEN =
      doubleKey("winnow.time_per_token"); // seconds

  private TraceNames() {}
}
