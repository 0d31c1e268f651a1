package io.winnow.e2e.drill;

import com.google.protobuf.ByteString;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.winnow.runtime.mesh.PeerAddresses;
import io.winnow.runtime.mesh.PeerTarget;
import io.winnow.v1.ChatMessage;
import io.winnow.v1.ContentPart;
import io.winnow.v1.DecoderGrpc;
import io.winnow.v1.GenerateRequest;
import io.winnow.v1.GenerateResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Clients that ask one question after the other, of all decoders, and check every answer. */
final class Load implements AutoCloseable {

  private static final Path ROOT = Path.of(System.getProperty("winnow.root"));
  private static final Duration REFRESH = Duration.ofSeconds(1);

  private final List<Asked> questions;
  private final PeerTarget target;
  private final ManagedChannel channel;
  private final List<Thread> clients = new ArrayList<>();
  private final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();
  private final AtomicInteger answered = new AtomicInteger();
  private volatile boolean stopping;

  private record Asked(GenerateRequest request, String answer) {}

  Load(Names names) throws IOException {
    questions = questions();
    target =
        PeerTarget.of(PeerAddresses.parse("decoder", Service.DECODER.target()), names, REFRESH);
    channel =
        Grpc.newChannelBuilder(target.uri(), InsecureChannelCredentials.create())
            .defaultLoadBalancingPolicy("round_robin")
            .build();
  }

  private static List<Asked> questions() throws IOException {
    Path pictures = ROOT.resolve("demo-model/pictures");
    List<Asked> all = new ArrayList<>();
    for (String line :
        Files.readAllLines(pictures.resolve("questions.tsv")).stream().skip(1).toList()) {
      List<String> row = Arrays.asList(line.split("\t", -1));
      ByteString picture = ByteString.copyFrom(Files.readAllBytes(pictures.resolve(row.get(0))));
      all.add(new Asked(request(picture, row.get(2)), row.get(4)));
    }
    return all;
  }

  private static GenerateRequest request(ByteString picture, String text) {
    return GenerateRequest.newBuilder()
        .addMessages(
            ChatMessage.newBuilder()
                .setRole("user")
                .addParts(ContentPart.newBuilder().setPicture(picture))
                .addParts(ContentPart.newBuilder().setText(text)))
        .build();
  }

  void start(int count) {
    for (int client = 0; client < count; client++) {
      int first = client * questions.size() / count;
      Thread thread = new Thread(() -> askOn(first), "drill-client-" + client);
      clients.add(thread);
      thread.start();
    }
  }

  private void askOn(int first) {
    for (int next = first; !stopping; next = (next + 1) % questions.size()) {
      Asked asked = questions.get(next);
      try {
        String heard = ask(asked.request());
        if (!heard.equals(asked.answer())) {
          faults.add("answered '%s' instead of '%s'".formatted(heard, asked.answer()));
        }
        answered.incrementAndGet();
      } catch (RuntimeException e) { // whatever it is, a request was lost
        faults.add(e.toString());
      }
    }
  }

  private String ask(GenerateRequest request) {
    Iterator<GenerateResponse> steps =
        DecoderGrpc.newBlockingStub(channel)
            .withDeadlineAfter(2, TimeUnit.MINUTES)
            .generate(request);
    StringBuilder text = new StringBuilder();
    while (steps.hasNext()) {
      GenerateResponse step = steps.next();
      if (step.hasDelta()) {
        text.append(step.getDelta().getText());
      }
    }
    return text.toString();
  }

  int answered() {
    return answered.get();
  }

  List<String> faults() {
    return List.copyOf(faults);
  }

  /** Lets every client end its question. */
  void stop() throws InterruptedException {
    stopping = true;
    for (Thread client : clients) {
      client.join();
    }
  }

  @Override
  public void close() {
    stopping = true;
    channel.shutdownNow();
    target.close();
  }
}
