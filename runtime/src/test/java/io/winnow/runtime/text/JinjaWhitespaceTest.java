package io.winnow.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** In Jinja2 3.1.6 each pair renders alike: the left with both options on, the right without. */
final class JinjaWhitespaceTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`a {% if x %} b {% endif %} c`        | `a {% if x %} b {% endif %} c`",
        "`{% if x %}\\n b\\n{% endif %}\\nc`    | `{% if x %} b\\n{% endif %}c`",
        "`a\\n  {% if x %}\\n  b`               | `a\\n{% if x %}  b`",
        "`a\\n  {{ x }}\\n  b`                  | `a\\n  {{ x }}\\n  b`",
        "`a \\n {%- if x -%} \\n b`             | `a{% if x %}b`",
        "`a \\n {{- x -}} \\n b`                | `a{{ x }}b`",
        "`a\\n  {%+ if x +%}\\n  b`             | `a\\n  {% if x %}\\n  b`",
        "`a\\n {# note #}\\nb`                  | `a\\nb`",
        "`{% a %}\\n  {% b %}x`                 | `{% a %}{% b %}x`",
        "`{{ '}}' }}{{ {'a': {}} }}`           | `{{ '}}' }}{{ {'a': {}} }}`",
        "`{% raw %}{{ x }}{% endraw %}y`       | `{% raw %}{{ x }}{% endraw %}y`",
        "`a\\n`                                 | `a`",
        "`a\\r\\n{% if x %}\\r\\nb`              | `a\\n{% if x %}b`",
      })
  void appliesTheRules(String source, String expected) {
    assertThat(JinjaWhitespace.apply(unescape(source))).isEqualTo(unescape(expected));
  }

  @Test
  void refusesAnUnclosedTag() {
    assertThatThrownBy(() -> JinjaWhitespace.apply("{{ 'x }}"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static String unescape(String text) {
    return text.replace("\\n", "\n").replace("\\r", "\r");
  }
}
