package io.winnow.runtime.text;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Applies to a template's source the whitespace rules under which Hugging Face renders chat
 * templates: Jinja2 with {@code trim_blocks} and {@code lstrip_blocks}, the marks "-" and "+", and
 * no newline at the end of the file. Comments vanish. What remains needs no whitespace control,
 * which matters because jinjava's differs (it strips blanks before a block in mid-line, too).
 */
final class JinjaWhitespace {

  private static final Pattern TAG_START = Pattern.compile("\\{[{%#]");
  private static final Pattern RAW_END =
      Pattern.compile("\\{%[-+]?\\s*endraw\\s*[-+]?%\\}", Pattern.DOTALL);

  private final String source;
  private final StringBuilder result = new StringBuilder();
  private int position;
  private boolean atLineStart = true;
  private boolean stripNext;

  private JinjaWhitespace(String source) {
    this.source = source;
  }

  /** The source with the rules applied. */
  static String apply(String template) {
    String unix = template.replace("\r\n", "\n").replace('\r', '\n');
    String source = unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix;
    return new JinjaWhitespace(source).run();
  }

  private String run() {
    Matcher start = TAG_START.matcher(source);
    while (start.find(position)) {
      text(position, start.start());
      tag(start.start());
    }
    text(position, source.length());
    return result.toString();
  }

  private void text(int from, int end) {
    String text = source.substring(from, end);
    if (stripNext) {
      text = text.stripLeading();
    }
    if (end < source.length()) {
      text = trimmedBefore(end, text);
    }
    result.append(text);
  }

  private String trimmedBefore(int tag, String text) {
    char mark = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
    if (mark == '-') {
      return text.stripTrailing();
    }
    boolean block = source.charAt(tag + 1) != '{';
    int line = text.lastIndexOf('\n') + 1;
    boolean opensLine = line > 0 || atLineStart;
    return block && mark != '+' && opensLine && text.substring(line).isBlank()
        ? text.substring(0, line)
        : text;
  }

  private void tag(int start) {
    char kind = source.charAt(start + 1);
    String close = kind == '{' ? "}}" : kind == '%' ? "%}" : "#}";
    int end = kind == '#' ? source.indexOf(close, start + 2) : endOfCode(start + 2, close);
    if (end < 0) {
      throw new IllegalArgumentException("the chat template has an unclosed tag at " + start);
    }
    String content = source.substring(start + 2, end);
    boolean stripAfter = content.endsWith("-");
    boolean keepNewline = content.endsWith("+") || kind == '{';
    String code = content.replaceFirst("^[-+]", "").replaceFirst("[-+]$", "").strip();
    if (kind != '#') {
      result.append('{').append(kind).append(' ').append(code).append(' ').append(close);
    }
    after(end + 2, stripAfter, keepNewline);
    if (kind == '%' && code.equals("raw")) {
      raw();
    }
  }

  private void after(int end, boolean stripAfter, boolean keepNewline) {
    boolean newline = end < source.length() && source.charAt(end) == '\n';
    position = newline && !stripAfter && !keepNewline ? end + 1 : end;
    atLineStart = position > end;
    stripNext = stripAfter;
  }

  private void raw() {
    Matcher end = RAW_END.matcher(source);
    if (!end.find(position)) {
      throw new IllegalArgumentException("the chat template has an unclosed raw block");
    }
    text(position, end.start());
    tag(end.start());
  }

  /** Where the tag's code ends; quotes and, in expressions, braces hide the mark. */
  private int endOfCode(int from, String close) {
    char quote = 0;
    int depth = 0;
    for (int i = from; i < source.length(); i++) {
      char c = source.charAt(i);
      if (quote != 0) {
        if (c == '\\') {
          i++;
        } else if (c == quote) {
          quote = 0;
        }
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (depth == 0 && source.startsWith(close, i)) {
        return i;
      } else if (c == '{') {
        depth++;
      } else if (c == '}') {
        depth--;
      }
    }
    return -1;
  }
}
