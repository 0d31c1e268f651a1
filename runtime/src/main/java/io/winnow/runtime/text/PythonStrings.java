package io.winnow.runtime.text;

import java.beans.FeatureDescriptor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELResolver;
import org.jspecify.annotations.Nullable;

/**
 * Python's methods of strings, which chat templates call and Java does not have. A method that is
 * not known here is left to the resolvers behind this one.
 */
final class PythonStrings extends ELResolver {

  @Override
  public @Nullable Object invoke(
      ELContext context,
      Object base,
      Object method,
      Class<?> @Nullable [] types,
      Object @Nullable [] arguments) {
    if (!(base instanceof String text)) {
      return null;
    }
    List<String> strings = new ArrayList<>();
    for (Object argument : arguments == null ? new Object[0] : arguments) {
      strings.add(String.valueOf(argument));
    }
    Object result = call(text, String.valueOf(method), strings);
    if (result != null) {
      context.setPropertyResolved(true);
    }
    return result;
  }

  private static @Nullable Object call(String text, String method, List<String> arguments) {
    String first = arguments.isEmpty() ? "" : arguments.get(0);
    return switch (method + "/" + arguments.size()) {
      case "upper/0" -> text.toUpperCase(Locale.ROOT);
      case "lower/0" -> text.toLowerCase(Locale.ROOT);
      case "capitalize/0" -> capitalized(text);
      case "title/0" -> titled(text);
      case "strip/0", "strip/1" -> stripped(text, arguments, true, true);
      case "lstrip/0", "lstrip/1" -> stripped(text, arguments, true, false);
      case "rstrip/0", "rstrip/1" -> stripped(text, arguments, false, true);
      case "startswith/1" -> text.startsWith(first);
      case "endswith/1" -> text.endsWith(first);
      case "split/0" -> words(text);
      case "split/1" -> first.isEmpty() ? null : parts(text, first);
      default -> null;
    };
  }

  private static String capitalized(String text) {
    int end = text.isEmpty() ? 0 : text.offsetByCodePoints(0, 1);
    return text.substring(0, end).toUpperCase(Locale.ROOT)
        + text.substring(end).toLowerCase(Locale.ROOT);
  }

  private static String titled(String text) {
    StringBuilder titled = new StringBuilder();
    boolean inWord = false;
    for (int point : text.codePoints().toArray()) {
      titled.appendCodePoint(inWord ? Character.toLowerCase(point) : Character.toTitleCase(point));
      inWord = Character.isLetter(point);
    }
    return titled.toString();
  }

  private static String stripped(String text, List<String> arguments, boolean start, boolean end) {
    IntPredicate goes =
        arguments.isEmpty()
            ? point -> Character.isWhitespace(point) || Character.isSpaceChar(point)
            : point -> arguments.get(0).indexOf(point) >= 0;
    int from = 0;
    int to = text.length();
    while (start && from < to && goes.test(text.charAt(from))) {
      from++;
    }
    while (end && from < to && goes.test(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  private static List<String> words(String text) {
    return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+", -1));
  }

  private static List<String> parts(String text, String separator) {
    List<String> parts = new ArrayList<>();
    int from = 0;
    for (int at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, from)) {
      parts.add(text.substring(from, at));
      from = at + separator.length();
    }
    parts.add(text.substring(from));
    return parts;
  }

  @Override
  public @Nullable Object getValue(ELContext context, Object base, Object property) {
    return null;
  }

  @Override
  public @Nullable Class<?> getType(ELContext context, Object base, Object property) {
    return null;
  }

  @Override
  public void setValue(ELContext context, Object base, Object property, Object value) {
    // Strings have nothing to set.
  }

  @Override
  public boolean isReadOnly(ELContext context, Object base, Object property) {
    return true;
  }

  @Override
  public Iterator<FeatureDescriptor> getFeatureDescriptors(ELContext context, Object base) {
    return Collections.emptyIterator();
  }

  @Override
  public Class<?> getCommonPropertyType(ELContext context, Object base) {
    return Object.class;
  }
}
