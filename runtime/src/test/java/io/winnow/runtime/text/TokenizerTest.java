package io.winnow.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class TokenizerTest {

  private static Tokenizer tokenizer;

  @BeforeAll
  static void load() {
    tokenizer = DemoText.tokenizer();
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  static Stream<JsonObject> encodings() {
    return DemoText.goldens("encode");
  }

  static Stream<JsonObject> decodings() {
    return DemoText.goldens("decode");
  }

  @ParameterizedTest
  @MethodSource("encodings")
  void encodesAsTheReference(JsonObject golden) {
    String text = golden.get("text").getAsString();
    assertThat(tokenizer.encode(text, true)).isEqualTo(DemoText.ids(golden.get("ids")));
    assertThat(tokenizer.encode(text, false))
        .isEqualTo(DemoText.ids(golden.get("ids_without_special_tokens")));
  }

  @ParameterizedTest
  @MethodSource("decodings")
  void decodesAsTheReference(JsonObject golden) {
    assertThat(tokenizer.decode(DemoText.ids(golden.get("ids")), true))
        .isEqualTo(golden.get("text").getAsString());
  }

  @Test
  void decodesControlTokensWhenAsked() {
    assertThat(tokenizer.decode(new long[] {1, 152, 2}, false)).isEqualTo("<s> red </s>");
  }

  @Test
  void tellsWhatATokenAddsToAText() {
    assertThat(tokenizer.tokenText(152)).isEqualTo(" red");
    assertThat(tokenizer.tokenText(49)).isEqualTo("g");
    assertThat(tokenizer.tokenText(80)).isEqualTo(",");
    assertThat(tokenizer.tokenText(2)).isEqualTo(" </s>");
  }

  @Test
  void knowsControlTokens() {
    assertThat(tokenizer.isControlToken(4)).isTrue();
    assertThat(tokenizer.isControlToken(7)).isFalse();
  }

  @Test
  void neitherTruncatesNorPadsWhateverTheFileSays(@TempDir Path folder) throws IOException {
    JsonObject json =
        JsonParser.parseString(Files.readString(DemoText.CHECKPOINT.resolve("tokenizer.json")))
            .getAsJsonObject();
    json.add(
        "truncation",
        JsonParser.parseString(
            "{'direction':'Right','max_length':4,'strategy':'LongestFirst','stride':0}"));
    json.add(
        "padding",
        JsonParser.parseString(
            "{'strategy':{'Fixed':64},'direction':'Left','pad_to_multiple_of':null,'pad_id':0,"
                + "'pad_type_id':0,'pad_token':'<pad>'}"));
    Path file = Files.writeString(folder.resolve("tokenizer.json"), json.toString());
    try (Tokenizer limited = Tokenizer.load(file)) {
      assertThat(limited.encode("red ".repeat(10), true)).hasSize(11);
      assertThat(limited.encode("red ".repeat(2_000), false)).hasSize(2_000);
    }
  }

  @Test
  void takesUnpairedSurrogatesAndNulCharacters() {
    assertThat(tokenizer.encode("red \uD83D blue \0 red", false)).contains(152, 95);
  }

  @Test
  void servesManyThreads() {
    List<long[]> all =
        IntStream.range(0, 2_000)
            .parallel()
            .mapToObj(i -> tokenizer.encode("what is number " + i, false))
            .toList();
    for (int i = 0; i < all.size(); i++) {
      assertThat(tokenizer.decode(all.get(i), true)).isEqualTo("what is number " + i);
    }
  }

  @Test
  void refusesCallsOnceClosed() {
    Tokenizer closed = DemoText.tokenizer();
    closed.close();
    closed.close();
    assertThatThrownBy(() -> closed.encode("red", true)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void refusesAFileThatIsNoTokenizer(@TempDir Path folder) throws IOException {
    Path noJson = Files.writeString(folder.resolve("a.json"), "hello");
    Path noTokenizer = Files.writeString(folder.resolve("b.json"), "{\"model\": {}}");
    assertThatThrownBy(() -> Tokenizer.load(noJson))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("a.json");
    assertThatThrownBy(() -> Tokenizer.load(noTokenizer))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("b.json");
  }
}
