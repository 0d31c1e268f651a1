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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Triton's own spans belong to the trace of the request that they were made for. */
@OnTriton
class TritonTraceIT {

  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";

  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
  private final List<String> told = new ArrayList<>();
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

      String traceparent = "00-" + TRACE + "-" + SPAN + "-01";
      String ofPicture =
          spans(
              "demo-vision",
              () -> encoder.encode(DemoModel.pixels("ex00.png"), Optional.of(traceparent)));
      assertThat(ofPicture).contains(TRACE).contains(SPAN);
      String ofGeneration =
          spans("demo-decoder", () -> answer(decoder, request.withTraceparent(traceparent)));
      assertThat(ofGeneration).contains(TRACE).contains(SPAN);
      assertThat(told).as("nothing else was told").allMatch(body -> body.contains(TRACE));
    }
  }

  /**
   * What the server tells of a model when it is asked. It is asked again where nothing comes: a
   * Triton that had just started was seen to tell nothing of its first request with a trace.
   */
  private String spans(String model, Runnable ask) throws InterruptedException {
    for (int attempt = 0; attempt < 5; attempt++) {
      ask.run();
      String body = received.poll(15, TimeUnit.SECONDS); // it sends every 5 s
      while (body != null) {
        told.add(body);
        if (body.contains(model)) {
          return body;
        }
        body = received.poll(15, TimeUnit.SECONDS);
      }
    }
    throw new AssertionError("no span of " + model + ", only " + told);
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
