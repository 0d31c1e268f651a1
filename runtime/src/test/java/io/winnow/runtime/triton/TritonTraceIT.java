package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.DemoModel;
import io.winnow.runtime.contract.RecordingListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Triton's own spans belong to the trace of the request that they were made for. */
@OnTriton
class TritonTraceIT {

  // Some are lost, and which ones is the memory's chance: see docs/triton.md.
  private static final int ATTEMPTS = 8;
  private static final Pattern TRACE_ID = Pattern.compile("\"traceId\":\"([0-9a-f]+)\"");

  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
  private final List<String> told = new ArrayList<>();
  private final List<String> asked = new ArrayList<>(); // trace ids
  private final RepositoryModel model = DemoModel.model();
  private HttpServer collector;
  private RealTriton triton;

  @BeforeEach
  void start() throws IOException {
    collector = collector(received);
    String url = "http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces";
    triton =
        RealTriton.start(model.root(), "--models", "demo-decoder,demo-vision", "--traces", url);
  }

  @AfterEach
  void stop() {
    triton.close();
    collector.stop(0);
  }

  /** Without a trace nothing is told of a generation or a picture. */
  @Test
  void spansOfTheServerJoinTheTraceOfTheGenerationAndOfThePicture() throws Exception {
    try (DecoderRuntime decoder =
            TritonRuntimes.decoder(model, triton.address(), TritonSettings.defaults());
        EncoderRuntime encoder =
            TritonRuntimes.encoder(model, triton.address(), TritonSettings.defaults())) {
      GenerationRequest request =
          new GenerationRequest(
              DemoModel.textPrompt(5), PrefillPlan.keepAll(), Sampling.greedy(), 2);
      answer(decoder, request);
      encoder.encode(DemoModel.pixels("ex00.png"));

      awaitSpans(
          "demo-vision",
          parent -> encoder.encode(DemoModel.pixels("ex00.png"), Optional.of(parent)));
      awaitSpans("demo-decoder", parent -> answer(decoder, request.withTraceparent(parent)));

      assertThat(told)
          .flatExtracting(body -> TRACE_ID.matcher(body).results().map(id -> id.group(1)).toList())
          .as("nothing else was told")
          .isSubsetOf(asked);
    }
  }

  /** Asks within traces of their own until the server has told of one of them. */
  private void awaitSpans(String model, Consumer<String> ask) throws InterruptedException {
    List<String> parents = new ArrayList<>();
    while (parents.size() < ATTEMPTS) {
      String trace = "4bf92f3577b34da6a3ce929d0e0e%04x".formatted(asked.size());
      String parent = "00f067aa0ba9%04x".formatted(asked.size());
      asked.add(trace);
      parents.add(parent);
      ask.accept("00-" + trace + "-" + parent + "-01");
      String body = received.poll(12, TimeUnit.SECONDS); // it sends every 5 s
      while (body != null) {
        told.add(body);
        if (wasTold(model) && parents.stream().anyMatch(this::wasTold)) {
          return;
        }
        body = received.poll(12, TimeUnit.SECONDS);
      }
    }
    throw new AssertionError("no trace of " + model + ", only " + told);
  }

  private boolean wasTold(String text) {
    return told.stream().anyMatch(body -> body.contains('"' + text + '"'));
  }

  private static void answer(DecoderRuntime decoder, GenerationRequest request) {
    RecordingListener listener = new RecordingListener();
    decoder.start(request, listener).decode(2);
    assertThat(listener.awaitAnswer()).isNotEmpty();
  }

  private static HttpServer collector(BlockingQueue<String> received) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          received.add(new String(body, StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    return server;
  }
}
