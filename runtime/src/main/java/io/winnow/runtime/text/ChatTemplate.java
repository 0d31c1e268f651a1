package io.winnow.runtime.text;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.el.JinjavaInterpreterResolver;
import com.hubspot.jinjava.el.JinjavaProcessors;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import com.hubspot.jinjava.tree.Node;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import jinjava.javax.el.CompositeELResolver;
import jinjava.javax.el.ELResolver;

/**
 * A model's Jinja chat template, rendered as Hugging Face transformers does, within limits on time
 * and size. Thread-safe.
 *
 * <p>A turn's content is handed over as the list of its parts or, to templates that know only text,
 * as a string; which of the two is found out once, by trying.
 */
public final class ChatTemplate {

  /** Longest rendering, in characters. */
  static final int MAX_LENGTH = 8 << 20;

  private static final Duration MAX_TIME = Duration.ofSeconds(5);
  private static final String PROBE = "probe 4711";

  private final Jinjava jinjava;
  private final String source;
  private final Map<String, String> tokens;
  private final LongSupplier nanoClock;
  private final String imageToken;
  private final boolean contentAsList;

  /**
   * Prepares a template.
   *
   * @param source the chat_template of a tokenizer or processor
   * @param bosToken text of the beginning-of-sequence token, may be empty
   * @param eosToken text of the end-of-sequence token, may be empty
   * @param imageToken text that stands for a picture; a template that knows only text gets it, and
   *     a line break behind it, in the text
   * @throws IllegalArgumentException if the template is broken
   */
  public ChatTemplate(String source, String bosToken, String eosToken, String imageToken) {
    this(source, bosToken, eosToken, imageToken, System::nanoTime);
  }

  /** A template for conversations without pictures. */
  ChatTemplate(String source, String bosToken, String eosToken) {
    this(source, bosToken, eosToken, System::nanoTime);
  }

  ChatTemplate(String source, String bosToken, String eosToken, LongSupplier nanoClock) {
    this(source, bosToken, eosToken, "", nanoClock);
  }

  private ChatTemplate(
      String source, String bosToken, String eosToken, String imageToken, LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.imageToken = imageToken;
    this.jinjava = jinjava();
    this.source = JinjaWhitespace.apply(source);
    this.tokens = Map.of("bos_token", bosToken, "eos_token", eosToken);
    boolean list = showsText(List.of(Map.of("type", "text", "text", PROBE)));
    if (!list && !showsText(PROBE)) {
      throw new IllegalArgumentException(
          "the chat template does not show what a user writes: "
              + messages(run(bindings(List.of(message("user", PROBE)), true))));
    }
    this.contentAsList = list;
  }

  /**
   * Renders a conversation.
   *
   * @param addGenerationPrompt whether to end with what stands before an answer
   * @throws PromptException if the template refuses the conversation or a limit is exceeded
   */
  public String render(List<ChatTurn> turns, boolean addGenerationPrompt) {
    List<Map<String, Object>> messages = turns.stream().map(this::message).toList();
    RenderResult result = run(bindings(messages, addGenerationPrompt));
    if (!result.getErrors().isEmpty()) {
      throw new PromptException("the model's chat template refuses this: " + messages(result));
    }
    return result.getOutput();
  }

  private RenderResult run(Map<String, Object> bindings) {
    return jinjava.renderForResult(source, bindings);
  }

  private Map<String, Object> bindings(
      List<Map<String, Object>> messages, boolean addGenerationPrompt) {
    return Map.of(
        "messages",
        messages,
        "add_generation_prompt",
        addGenerationPrompt,
        "bos_token",
        tokens.get("bos_token"),
        "eos_token",
        tokens.get("eos_token"),
        Deadline.VARIABLE,
        new Deadline(nanoClock, nanoClock.getAsLong()));
  }

  private boolean showsText(Object content) {
    RenderResult result = run(bindings(List.of(message("user", content)), true));
    String output = result.getOutput();
    // A list where a template expects a string shows up as it is printed, with its keys.
    return result.getErrors().isEmpty()
        && output.contains(PROBE)
        && !output.contains("'text'")
        && !output.contains("\"text\"")
        && !output.contains("text=");
  }

  private Map<String, Object> message(ChatTurn turn) {
    if (contentAsList) {
      return message(turn.role(), turn.parts().stream().map(ChatTemplate::part).toList());
    }
    return message(
        turn.role(), turn.parts().stream().map(this::inText).collect(Collectors.joining()));
  }

  private String inText(ChatTurn.Part part) {
    return part instanceof ChatTurn.Text text ? text.text() : imageToken + "\n";
  }

  private static Map<String, Object> message(String role, Object content) {
    return Map.of("role", role, "content", content);
  }

  private static Map<String, Object> part(ChatTurn.Part part) {
    return part instanceof ChatTurn.Text text
        ? Map.of("type", "text", "text", text.text())
        : Map.of("type", "image");
  }

  private static String messages(RenderResult result) {
    return result.getErrors().stream()
        .map(ChatTemplate::message)
        .distinct()
        .collect(Collectors.joining("; "));
  }

  private static String message(TemplateError error) {
    Throwable cause = error.getException();
    while (cause != null && !(cause instanceof PromptException)) {
      cause = cause.getCause();
    }
    return cause != null ? String.valueOf(cause.getMessage()) : error.getMessage();
  }

  private static Jinjava jinjava() {
    LegacyOverrides python =
        LegacyOverrides.newBuilder()
            .withEvaluateMapKeys(true)
            .withIterateOverMapKeys(true)
            .withUsePyishObjectMapper(true)
            .withUseNaturalOperatorPrecedence(true)
            .withAllowAdjacentTextNodes(true)
            .withKeepNullableLoopValues(true)
            .build();
    Jinjava jinjava =
        new Jinjava(
            JinjavaConfig.newBuilder()
                .withLegacyOverrides(python)
                // Text of users is data: "{{" in it means nothing.
                .withNestedInterpretationEnabled(false)
                .withMaxOutputSize(MAX_LENGTH)
                .withElResolver(python())
                .withProcessors(
                    JinjavaProcessors.newBuilder().withNodePreProcessor(Deadline::check).build())
                .build());
    jinjava.getGlobalContext().registerFunction(raiseException());
    jinjava.getGlobalContext().registerTag(new FilteredForTag());
    jinjava.getGlobalContext().registerTag(new GenerationTag());
    return jinjava;
  }

  private static ELResolver python() {
    CompositeELResolver resolvers = new CompositeELResolver();
    resolvers.add(new PythonStrings());
    resolvers.add(JinjavaInterpreterResolver.DEFAULT_RESOLVER_READ_ONLY);
    return resolvers;
  }

  private static ELFunctionDefinition raiseException() {
    try {
      Method method = PromptException.class.getDeclaredMethod("raise", String.class);
      method.setAccessible(true);
      return new ELFunctionDefinition("", "raise_exception", method);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Bounds the time of one rendering: looked at before every node. */
  private record Deadline(LongSupplier nanoClock, long startNanos) {

    private static final String VARIABLE = "winnow_deadline";

    static void check(Node node, JinjavaInterpreter interpreter) {
      if (interpreter.getContext().get(VARIABLE) instanceof Deadline deadline
          && deadline.nanoClock.getAsLong() - deadline.startNanos > MAX_TIME.toNanos()) {
        throw new PromptException("the chat template takes too long at " + node.getName());
      }
    }
  }
}
