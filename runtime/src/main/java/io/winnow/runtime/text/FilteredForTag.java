package io.winnow.runtime.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.tag.ForTag;
import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;
import com.hubspot.jinjava.util.ForLoop;
import com.hubspot.jinjava.util.ObjectIterator;
import com.hubspot.jinjava.util.ObjectTruthValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Jinja2's {@code for x in items if condition}, which jinjava does not know: only the items for
 * which the condition holds are looped over, and counted by {@code loop}.
 */
final class FilteredForTag extends ForTag {

  private static final long serialVersionUID = 1L;
  private static final Pattern VARIABLES = Pattern.compile("^(.+?)\\s+in\\s+", Pattern.DOTALL);

  @Override
  public String interpretUnchecked(TagNode node, JinjavaInterpreter interpreter) {
    if (node.getChildren().stream().anyMatch(FilteredForTag::isElse)) {
      throw new PromptException(
          "the chat template has a loop with \"else\", which is not supported");
    }
    String helpers = node.getHelpers();
    Matcher variables = VARIABLES.matcher(helpers);
    int condition = topLevelIf(helpers);
    if (condition < 0 || !variables.lookingAt()) {
      return super.interpretUnchecked(node, interpreter);
    }
    List<String> names = List.of(variables.group(1).trim().split("\\s*,\\s*", -1));
    String items = helpers.substring(variables.end(), condition).trim();
    String test = helpers.substring(condition + " if ".length()).trim();
    int line = node.getLineNumber();
    Object collection = interpreter.resolveELExpression(items, line);
    return renderForCollection(
        node, interpreter, names, new Filter(names, test, line).apply(collection, interpreter));
  }

  /** jinjava would render the else branch in every round. */
  private static boolean isElse(Node node) {
    return node instanceof TagNode tag && tag.getName().equals("else");
  }

  /** Place of the " if " that is outside of quotes and brackets; -1 if there is none. */
  private static int topLevelIf(String code) {
    char quote = 0;
    int depth = 0;
    for (int i = 0; i < code.length(); i++) {
      char c = code.charAt(i);
      if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '(' || c == '[' || c == '{') {
        depth++;
      } else if (c == ')' || c == ']' || c == '}') {
        depth--;
      } else if (depth == 0 && code.startsWith(" if ", i)) {
        return i;
      }
    }
    return -1;
  }

  private record Filter(List<String> names, String test, int line) {

    List<Object> apply(Object collection, JinjavaInterpreter interpreter) {
      List<Object> kept = new ArrayList<>();
      ForLoop loop = ObjectIterator.getLoop(collection);
      while (loop.hasNext()) {
        Object item = loop.next();
        interpreter.enterNonStackingScope();
        try {
          bind(item, interpreter);
          if (ObjectTruthValue.evaluate(interpreter.resolveELExpression(test, line))) {
            kept.add(item);
          }
        } finally {
          interpreter.leaveScope();
        }
      }
      return kept;
    }

    private void bind(Object item, JinjavaInterpreter interpreter) {
      if (names.size() == 1) {
        interpreter.getContext().put(names.get(0), item);
      } else if (item instanceof Map.Entry<?, ?> entry) {
        interpreter.getContext().put(names.get(0), entry.getKey());
        interpreter.getContext().put(names.get(1), entry.getValue());
      } else if (item instanceof List<?> list) {
        for (int i = 0; i < names.size() && i < list.size(); i++) {
          interpreter.getContext().put(names.get(i), list.get(i));
        }
      }
    }
  }
}
