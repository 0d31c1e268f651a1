package io.winnow.runtime.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.tag.Tag;
import com.hubspot.jinjava.tree.TagNode;
import java.util.stream.Collectors;

/**
 * {@code {% generation %}}, by which templates mark what the assistant wrote, for training. Its
 * inside is rendered as if the mark were not there.
 */
final class GenerationTag implements Tag {

  private static final long serialVersionUID = 1L;

  @Override
  public String getName() {
    return "generation";
  }

  @Override
  public String interpret(TagNode node, JinjavaInterpreter interpreter) {
    return node.getChildren().stream()
        .map(child -> child.render(interpreter).getValue())
        .collect(Collectors.joining());
  }
}
