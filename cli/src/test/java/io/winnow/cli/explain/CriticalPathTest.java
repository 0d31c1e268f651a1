package io.winnow.cli.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CriticalPathTest {

  private static final long MILLI = 1_000_000;

  private final List<TraceSpan> spans = new ArrayList<>();

  @Test
  void walksBackFromTheFirstTokenIntoWhatEndedLast() {
    root(100);
    span("a", "root", 0, 40);
    span("b", "root", 10, 30); // beside a, and over before it
    span("c", "root", 40, 90);
    span("c1", "c", 50, 80);

    assertThat(path()).containsExactly("a 0-40", "c 40-50", "c1 50-80", "c 80-90", "root 90-100");
  }

  @Test
  void leavesOutWhatComesAfterTheFirstToken() {
    root(50);
    span("prefill", "root", 0, 50);
    span("decode", "root", 50, 100);

    assertThat(path()).containsExactly("prefill 0-50");
  }

  @Test
  void gapsAreTheParents() {
    root(30);
    span("a", "root", 5, 10);
    span("b", "root", 20, 30);

    assertThat(path()).containsExactly("root 0-5", "a 5-10", "root 10-20", "b 20-30");
    assertThat(CriticalPath.coverage(trace())).isEqualTo(0.5);
  }

  @Test
  void ofTwoThatOverlapTheOneBeforeIsFollowedOnlyWithinTheSkewOfClocks() {
    root(100);
    span("skewed", "root", 10, 50);
    spans.add(
        new TraceSpan(
            "t", "b", "root", "s", "b", 50 * MILLI - 500_000, 100 * MILLI, Map.of(), false));
    assertThat(path()).startsWith("root 0-10", "skewed 10-49");

    spans.clear();
    root(100);
    span("beside", "root", 10, 80);
    span("b", "root", 50, 100);
    assertThat(path()).containsExactly("root 0-50", "b 50-100");
  }

  @Test
  void clipsChildrenToTheirParent() {
    root(20);
    span("a", "root", 5, 15);
    span("outside", "a", 0, 10);

    assertThat(path()).containsExactly("root 0-5", "outside 5-10", "a 10-15", "root 15-20");
  }

  @Test
  void aRecordedTraceIsExplainedToTheLastNanosecond() throws IOException {
    Trace trace = recorded();
    Explanation explanation = Explanation.of(trace);

    assertThat(trace.orphans()).isEmpty();
    List<CriticalPath.Step> path = explanation.path();
    assertThat(path.get(0).begin()).isEqualTo(trace.root().begin());
    assertThat(path.get(path.size() - 1).end()).isEqualTo(trace.firstToken());
    for (int i = 1; i < path.size(); i++) {
      assertThat(path.get(i).begin()).isEqualTo(path.get(i - 1).end());
    }
    assertThat(explanation.stages().values().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(explanation.nanos());
    assertThat(CriticalPath.coverage(trace)).isGreaterThan(0.95);
  }

  @Test
  void aRecordedTraceNamesItsLargestStage() throws IOException {
    String table = Explanation.of(recorded()).table();

    assertThat(table)
        .contains("to the first token")
        .contains("the vision tower")
        .contains("the prefill");
    assertThat(table).containsPattern("\\d+ % of the time to first token was ");
  }

  @Test
  void aQueueIsWhatToScale() {
    root(100);
    span("encoder queue", "root", 10, 82);
    span("prefill", "root", 82, 100);

    assertThat(Explanation.of(trace()).table())
        .contains(
            "72 % of the time to first token was the encoder's queue: scale vision-encoder-svc.");
  }

  @Test
  void whatATritonDidBelongsToTheStageThatAskedIt() {
    root(100);
    span("encode", "root", 0, 60);
    span("InferRequest", "encode", 5, 55);
    span("demo-vision", "InferRequest", 10, 50);
    span("prefill", "root", 60, 100);

    assertThat(path()).contains("demo-vision 10-50");
    assertThat(Explanation.of(trace()).stages())
        .containsOnly(Map.entry(Stage.ENCODE, 60 * MILLI), Map.entry(Stage.PREFILL, 40 * MILLI));
  }

  @Test
  void theWaterfallShowsEverySpanBeforeTheFirstToken() throws IOException {
    Waterfall waterfall = new Waterfall(Explanation.of(recorded()));

    assertThat(waterfall.text())
        .contains("chat demo", "prefill segment 3")
        .doesNotContain("decode |");
    assertThat(waterfall.text().lines()).allMatch(line -> line.length() < 100);
    assertThat(waterfall.svg()).startsWith("<svg").contains("class=\"path\"");
  }

  private static Trace recorded() throws IOException {
    try (InputStream json = CriticalPathTest.class.getResourceAsStream("recorded-trace.json")) {
      return Trace.last(OtlpJson.read(json)).orElseThrow();
    }
  }

  private Trace trace() {
    return Trace.of("t", spans).orElseThrow();
  }

  private List<String> path() {
    return CriticalPath.of(trace()).stream()
        .map(
            step ->
                "%s %d-%d".formatted(step.span().name(), step.begin() / MILLI, step.end() / MILLI))
        .toList();
  }

  /** A request of 200 ms with its first token at so many. */
  private void root(long firstToken) {
    Map<String, String> attributes =
        Map.of(
            "gen_ai.operation.name",
            "chat",
            "gen_ai.response.time_to_first_chunk",
            String.valueOf(firstToken / 1e3));
    spans.add(new TraceSpan("t", "root", "", "s", "root", 0, 200 * MILLI, attributes, false));
  }

  private void span(String name, String parent, long begin, long end) {
    spans.add(
        new TraceSpan("t", name, parent, "s", name, begin * MILLI, end * MILLI, Map.of(), false));
  }
}
