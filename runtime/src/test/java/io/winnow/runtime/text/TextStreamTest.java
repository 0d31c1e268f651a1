package io.winnow.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class TextStreamTest {

  private static final Tokenizer WORD_PIECE = DemoText.tokenizer();
  private static final Tokenizer BYTE_LEVEL = SmallTokenizers.byteLevel();
  private static final Tokenizer SENTENCE_PIECE = SmallTokenizers.sentencePiece();

  static Stream<JsonObject> incremental() {
    return DemoText.goldens("incremental");
  }

  @ParameterizedTest
  @MethodSource("incremental")
  void growsAsTheReferenceDoes(JsonObject golden) {
    long[] ids = DemoText.ids(golden.get("ids"));
    JsonArray texts = golden.getAsJsonArray("texts");
    TextStream stream = new TextStream(WORD_PIECE, List.of());
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < ids.length; i++) {
      text.append(stream.accept(ids[i]));
      assertThat(text.toString()).isEqualTo(texts.get(i).getAsString());
    }
    assertThat(stream.flush()).isEmpty();
  }

  @Property(seed = "1")
  void givesExactlyTheTextOfWordPieces(@ForAll("wordPieces") List<Long> ids) {
    assertExact(WORD_PIECE, ids);
  }

  @Property(seed = "2")
  void givesExactlyTheTextOfBytePairs(@ForAll("bytePairs") List<Long> ids) {
    assertExact(BYTE_LEVEL, ids);
  }

  @Property(seed = "3")
  void givesExactlyTheTextOfSentencePieces(@ForAll("sentencePieces") List<Long> ids) {
    assertExact(SENTENCE_PIECE, ids);
  }

  @Property(seed = "4")
  void cutsBeforeAStopString(@ForAll("wordPieces") List<Long> ids) {
    String text = WORD_PIECE.decode(array(ids), true);
    TextStream stream = new TextStream(WORD_PIECE, List.of("a b", "gg"));
    StringBuilder shown = new StringBuilder();
    ids.forEach(id -> shown.append(stream.accept(id)));
    shown.append(stream.flush());
    StopStrings whole = new StopStrings(List.of("a b", "gg"));
    assertThat(shown.toString()).isEqualTo(whole.accept(text) + whole.flush());
    assertThat(stream.stopped()).isEqualTo(whole.stopped());
  }

  @Test
  void holdsBackAnIncompleteCharacter() {
    TextStream stream = new TextStream(BYTE_LEVEL, List.of());
    List<String> pieces = new ArrayList<>();
    for (long id : BYTE_LEVEL.encode("a€b😀", false)) {
      pieces.add(stream.accept(id));
    }
    assertThat(pieces).containsExactly("a", "", "", "€", "b", "", "", "", "😀");
  }

  @Test
  void givesAnIncompleteCharacterAtTheEnd() {
    TextStream stream = new TextStream(BYTE_LEVEL, List.of());
    long[] ids = BYTE_LEVEL.encode("a€", false);
    assertThat(stream.accept(ids[0]) + stream.accept(ids[1])).isEqualTo("a");
    assertThat(stream.flush()).isEqualTo("\uFFFD");
  }

  @Test
  void givesNothingAfterAStopString() {
    TextStream stream = new TextStream(WORD_PIECE, List.of(" red"));
    assertThat(stream.accept(7)).isEqualTo("a");
    assertThat(stream.accept(152)).isEmpty();
    assertThat(stream.stopped()).isTrue();
    assertThat(stream.accept(7)).isEmpty();
    assertThat(stream.flush()).isEmpty();
  }

  private static void assertExact(Tokenizer tokenizer, List<Long> ids) {
    TextStream stream = new TextStream(tokenizer, List.of());
    StringBuilder text = new StringBuilder();
    for (long id : ids) {
      String piece = stream.accept(id);
      assertThat(piece.isEmpty() || !Character.isLowSurrogate(piece.charAt(0))).isTrue();
      text.append(piece);
    }
    text.append(stream.flush());
    assertThat(text.toString()).isEqualTo(tokenizer.decode(array(ids), true));
  }

  private static long[] array(List<Long> ids) {
    return ids.stream().mapToLong(Long::longValue).toArray();
  }

  @Provide
  Arbitrary<List<Long>> wordPieces() {
    return Arbitraries.longs().between(0, 199).list().ofMaxSize(24);
  }

  @Provide
  Arbitrary<List<Long>> bytePairs() {
    return Arbitraries.longs().between(0, SmallTokenizers.BYTE_LEVEL_SIZE - 1).list().ofMaxSize(24);
  }

  @Provide
  Arbitrary<List<Long>> sentencePieces() {
    return Arbitraries.longs()
        .between(0, SmallTokenizers.SENTENCE_PIECE_SIZE - 1)
        .list()
        .ofMaxSize(24);
  }
}
