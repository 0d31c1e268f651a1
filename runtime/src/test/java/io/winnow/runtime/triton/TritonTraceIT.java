package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.DemoModel;
import io.winnow.runtime.contract.RecordingListener;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Triton's own spans belong to the trace of the generation. */
@OnTriton
class TritonTraceIT {

  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";

  @Test
  void spansOfTheServerJoinTheTraceOfTheGeneration() throws Exception {
    BlockingQueue<String> received = new LinkedBlockingQueue<>();
    HttpServer collector = collector(received);
    String url = "http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces";
    RepositoryModel model = DemoModel.model();
    try (RealTriton triton =
            RealTriton.start(model.root(), "--models", "demo-decoder", "--traces", url);
        DecoderRuntime decoder =
            TritonRuntimes.decoder(model, triton.address(), TritonSettings.defaults())) {
      GenerationRequest request =
          new GenerationRequest(
              DemoModel.textPrompt(5), PrefillPlan.keepAll(), Sampling.greedy(), 2);
      answer(decoder, request); // without a trace: nothing is told of it
      answer(decoder, request.withTraceparent("00-" + TRACE + "-" + SPAN + "-01"));

      String spans = String.valueOf(received.poll(1, TimeUnit.MINUTES));
      assertThat(spans).contains(TRACE).contains(SPAN).contains("demo-decoder");
    } finally {
      collector.stop(0);
    }
  }

  private static void answer(DecoderRuntime decoder, GenerationRequest request) {
    RecordingListener listener = new RecordingListener();
    decoder.start(request, listener).decode(2);
    assertThat(listener.awaitAnswer()).isNotEmpty();
  }

  private static HttpServer collector(BlockingQueue<String> received) throws Exception {
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
