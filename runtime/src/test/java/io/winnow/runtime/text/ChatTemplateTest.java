package io.winnow.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class ChatTemplateTest {

  private static final List<ChatTurn> HELLO = List.of(ChatTurn.of("user", "hello"));
  private static final String EACH = "{% for m in messages %}{{ m.content }}{% endfor %}";

  static Stream<JsonObject> conversations() {
    return DemoText.goldens("templates");
  }

  @ParameterizedTest
  @MethodSource("conversations")
  void rendersAsTheReference(JsonObject golden) {
    String rendered =
        DemoText.template()
            .render(
                DemoText.turns(golden.get("messages")),
                golden.get("add_generation_prompt").getAsBoolean());
    assertThat(rendered).isEqualTo(golden.get("rendered").getAsString());
  }

  @Test
  void givesTextOnlyTemplatesAString() {
    assertThat(new ChatTemplate(EACH, "", "").render(HELLO, true)).isEqualTo("hello");
  }

  @Test
  void givesTemplatesThatLoopOverPartsAList() {
    ChatTemplate template =
        new ChatTemplate(
            "{% for m in messages %}{% for c in m.content | selectattr('type', 'equalto', 'text')"
                + " %}{{ c['text'] + ';' }}{% endfor %}{% endfor %}",
            "", "");
    assertThat(template.render(HELLO, true)).isEqualTo("hello;");
  }

  @Test
  void givesTheTextOfTheMarkTokens() {
    ChatTemplate template =
        new ChatTemplate("{{ bos_token }}" + EACH + "{{ eos_token }}", "<b>", "<e>");
    assertThat(template.render(HELLO, false)).isEqualTo("<b>hello<e>");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "m.content.upper() + '.' | HÉLLO WÖRLD.",
        "m['content'].lower() + '.' | héllo wörld.",
        "m.content.title() | Héllo Wörld",
        "m.content.capitalize() | Héllo wörld",
        "m.content.strip('hd') | éllo wörl",
        "('  ' + m.content + ' ').strip() | héllo wörld",
        "('x ' + m.content).lstrip('x ') | héllo wörld",
        "(m.content + '\\n ').rstrip() | héllo wörld",
        "m.content.split()[1] | wörld",
        "m.content.split('o')[0] | héll",
        "m.content.split('l')[-1] | d",
        "m.content.startswith('hé') and m.content.endswith('d') | true",
        "m.content.startswith('world') | false",
        "m.content.replace('wörld', 'you') | héllo you"
      })
  void knowsThePythonMethodsOfStrings(String expression, String expected) {
    ChatTemplate template =
        new ChatTemplate(
            "{% for m in messages %}{{ m.content }}|{{ " + expression + " }}{% endfor %}", "", "");
    assertThat(template.render(List.of(ChatTurn.of("user", "héllo wörld")), true))
        .isEqualTo("héllo wörld|" + expected);
  }

  @Test
  void rendersWhatIsMarkedForTraining() {
    ChatTemplate template =
        new ChatTemplate(
            "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}",
            "", "");
    assertThat(template.render(HELLO, true)).isEqualTo("hello");
  }

  @Test
  void putsPicturesIntoTheTextOfTemplatesThatKnowOnlyText() {
    ChatTemplate template = new ChatTemplate(EACH, "", "", "<image>");
    ChatTurn turn =
        new ChatTurn("user", List.of(new ChatTurn.Picture(), new ChatTurn.Text("what?")));
    assertThat(template.render(List.of(turn), true)).isEqualTo("<image>\nwhat?");
  }

  @Test
  void tellsTheUserWhyATemplateRefuses() {
    ChatTemplate template =
        new ChatTemplate(
            "{% if messages | length > 1 %}{{ raise_exception('one turn only') }}{% endif %}"
                + EACH,
            "",
            "");
    List<ChatTurn> two = List.of(HELLO.get(0), HELLO.get(0));
    assertThatThrownBy(() -> template.render(two, true))
        .isInstanceOf(PromptException.class)
        .hasMessageContaining("one turn only");
    assertThat(template.render(HELLO, true)).isEqualTo("hello");
  }

  @Test
  void refusesABrokenTemplate() {
    for (String broken :
        List.of(
            "{% for m in messages %}", "{% nonsense %}" + EACH, "{{ unknown(1) }}" + EACH, "x")) {
      assertThatThrownBy(() -> new ChatTemplate(broken, "", ""))
          .as(broken)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void boundsTheTimeOfARendering() {
    AtomicLong clock = new AtomicLong();
    AtomicLong tick = new AtomicLong();
    ChatTemplate template = new ChatTemplate(EACH, "", "", () -> clock.getAndAdd(tick.get()));
    tick.set(Duration.ofSeconds(4).toNanos());
    List<ChatTurn> turns = List.of(HELLO.get(0), HELLO.get(0), HELLO.get(0));
    assertThatThrownBy(() -> template.render(turns, true))
        .isInstanceOf(PromptException.class)
        .hasMessageContaining("too long");
  }

  @Test
  void boundsTheSizeOfARendering() {
    ChatTemplate template = new ChatTemplate(EACH, "", "");
    List<ChatTurn> long_ = List.of(ChatTurn.of("user", "x".repeat(ChatTemplate.MAX_LENGTH + 1)));
    assertThatThrownBy(() -> template.render(long_, true)).isInstanceOf(PromptException.class);
  }

  @Test
  void readsNoTemplateInUserText() {
    List<ChatTurn> sly = List.of(ChatTurn.of("user", "{{ 6 * 7 }}{% endfor %}{# x #}"));
    assertThat(DemoText.template().render(sly, false))
        .isEqualTo("USER: {{ 6 * 7 }}{% endfor %}{# x #}");
  }

  @Test
  void loopsOverFilteredItemsOnly() {
    ChatTemplate template =
        new ChatTemplate(
            "{% for m in messages if m['role'] != ' if ' and m.content != 'b' %}"
                + "{{ loop.index }}{{ m.content }}{% if loop.last %}.{% endif %}{% endfor %}",
            "", "");
    List<ChatTurn> turns = Stream.of("a", "b", "c").map(text -> ChatTurn.of("user", text)).toList();
    assertThat(template.render(turns, true)).isEqualTo("1a2c.");
    assertThat(template.render(turns.subList(1, 2), true)).isEmpty();
  }
}
