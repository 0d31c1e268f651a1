package io.winnow.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.cli.explain.Explanation;
import io.winnow.cli.explain.OtlpJson;
import io.winnow.cli.explain.Trace;
import io.winnow.cli.explain.TraceSpan;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * Explains what the file exporter of a real collector wrote: {@code collector-traces.json} is what
 * OpenTelemetry Collector 0.145 made of the services' batches, a line each, of two requests.
 */
class ExplainCommandTest {

  private static final String FIRST = "854b7e9074b9bd33efabe5b9b85f510d";
  private static final String SECOND = "854b7e9074b9bd33efabe5b9b85f510e";

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private String collected = "";

  @BeforeEach
  void read() throws IOException {
    collected = new String(resource("collector-traces.json"), StandardCharsets.UTF_8);
  }

  @Test
  void aCollectorsFileIsExplainedAsTheServicesOwnStoresAre() throws IOException {
    List<TraceSpan> stored =
        OtlpJson.read(new ByteArrayInputStream(resource("explain/recorded-trace.json")));
    String table = Explanation.of(Trace.of(FIRST, stored).orElseThrow()).table();

    assertThat(run("", FIRST, "--file", file("traces.json", collected))).isZero();
    assertThat(out.toString()).startsWith(table).contains("prefill segment 3");
  }

  @Test
  void standardInputIsAFileToo() throws IOException {
    assertThat(run("", FIRST, "--file", file("traces.json", collected))).isZero();
    String fromFile = out.toString();
    out.getBuffer().setLength(0);

    assertThat(run(collected, FIRST, "--file", "-")).isZero();
    assertThat(out).hasToString(fromFile);
  }

  @Test
  void aRotatedFileGoesOnInTheNext() throws IOException {
    int cut = collected.indexOf('\n', collected.length() / 2) + 1;
    String older = file("traces-2026-11-25T20-00-00.000.json", collected.substring(0, cut));
    String latest = file("traces.json", collected.substring(cut));

    assertThat(run("", "--last", "--file", file("whole.json", collected))).isZero();
    String whole = out.toString();
    out.getBuffer().setLength(0);

    assertThat(run("", "--last", "--file", older, "--file", latest)).isZero();
    assertThat(out).hasToString(whole);
    assertThat(whole).contains("trace " + SECOND, "to the first token");
  }

  @Test
  void aLineThatIsBeingWrittenIsPassedOver() throws IOException {
    String cut = collected.substring(collected.indexOf('\n') / 2) + "{\"resourceSpans\":[{\"reso";

    assertThat(run("", SECOND, "--file", file("traces.json", cut))).isZero();
    assertThat(out.toString()).contains("trace " + SECOND, "to the first token");
  }

  @Test
  void whatIsNotThereIsSaid() throws IOException {
    String traces = file("traces.json", collected);

    assertThat(run("", "0".repeat(32), "--file", traces)).isEqualTo(1);
    assertThat(err.toString()).contains("is not held there");
    assertThat(run("", "--last", "--file", file("empty.json", ""))).isEqualTo(1);
    assertThat(err.toString()).contains("no request is held there");
    assertThat(run("", "--last", "--file", folder + "/none.json")).isEqualTo(1);
    assertThat(err.toString()).contains("none.json does not exist");
    assertThat(run("", "--last", "--file", file("x.txt", "Error from server"))).isEqualTo(1);
    assertThat(err.toString()).contains("x.txt holds no OTLP JSON");
  }

  @Test
  void oneTraceOfOnePlaceIsAskedFor() throws IOException {
    String traces = file("traces.json", collected);

    assertThat(run("", "--file", traces)).isEqualTo(2);
    assertThat(run("", FIRST, "--last", "--file", traces)).isEqualTo(2);
    assertThat(run("", "--last", "--file", traces, "--url", "http://127.0.0.1:1")).isEqualTo(2);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream json = ExplainCommandTest.class.getResourceAsStream(name)) {
      return json.readAllBytes();
    }
  }

  private String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  private int run(String in, String... args) {
    InputStream pipe = new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8));
    return new CommandLine(new ExplainCommand(new Checkout(folder), pipe))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .setExecutionExceptionHandler(Winnow::report)
        .execute(args);
  }
}
