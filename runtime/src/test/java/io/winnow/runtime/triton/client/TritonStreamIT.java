package io.winnow.runtime.triton.client;

import static io.winnow.runtime.triton.client.SmallModels.CALL;
import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.triton.OnTriton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Streams on a real server. */
@OnTriton
class TritonStreamIT {

  private final TritonEndpoint endpoint = TritonEndpoint.at(SmallModels.address());
  private final RecordingStreamListener listener = new RecordingStreamListener();

  @AfterEach
  void close() {
    endpoint.close();
  }

  @Test
  void takesAllResponsesOfADecoupledModelAndKnowsTheLast() throws Exception {
    InferStream stream = open(StreamSettings.UNLIMITED, CALL);
    stream.send(SmallModels.countdown(3, 0));
    List<Integer> left = new ArrayList<>();
    InferResponse response = listener.next();
    while (!response.isFinal()) {
      left.add(response.output("left").toInts()[0]);
      response = listener.next();
    }
    assertThat(left).containsExactly(3, 2, 1);
    assertThat(response.outputNames()).isEmpty();
    stream.halfClose();
    assertThat(listener.end()).isEqualTo("OK");
  }

  @Test
  void answersWhatWasSentBeforeHalfClose() throws Exception {
    InferStream stream = open(StreamSettings.UNLIMITED, CALL);
    stream.send(SmallModels.countdown(2, 20));
    stream.halfClose();
    assertThat(listener.end()).isEqualTo("OK");
    assertThat(listener.responses).hasSize(3);
  }

  @Test
  void keepsTheOrderOfModelsThatAreNotDecoupled() throws Exception {
    InferStream stream = open(StreamSettings.UNLIMITED, CALL);
    String slow = stream.send(SmallModels.slow(100));
    String quick = stream.send(SmallModels.echo(1));
    assertThat(listener.next().id()).isEqualTo(slow);
    assertThat(listener.next().id()).isEqualTo(quick);
  }

  @Test
  void letsAQuickDecoupledRequestOvertake() throws Exception {
    InferStream stream = open(StreamSettings.UNLIMITED, CALL);
    String slow = stream.send(SmallModels.countdown(1, 2_000));
    String quick = stream.send(SmallModels.countdown(1, 0));
    assertThat(listener.next().id()).isEqualTo(quick);
    assertThat(listener.next().id()).isEqualTo(quick);
    assertThat(listener.next().id()).isEqualTo(slow);
  }

  @Test
  void keepsTheStreamWhenARequestFails() throws Exception {
    InferStream stream = open(StreamSettings.UNLIMITED, CALL);
    String refused = stream.send(SmallModels.countdown(-2, 0));
    assertThat(listener.nextFailure()).isEqualTo(refused + ": cannot count down from -2");
    String missing = stream.send(InferRequest.to("none").build());
    assertThat(listener.nextFailure()).startsWith(missing + ": ").contains("'none' is not found");
    stream.send(SmallModels.echo(5));
    assertThat(listener.next().output("x").toFloats()).containsExactly(5);
  }

  @Test
  void keepsASequenceOnAStream() throws Exception {
    InferStream stream = open(StreamSettings.UNLIMITED, CALL);
    stream.send(SmallModels.count(51, 5, true, false));
    assertThat(listener.next().output("sum").toInts()).containsExactly(5);
    stream.send(SmallModels.count(51, 6, false, true));
    assertThat(listener.next().output("sum").toInts()).containsExactly(11);
  }

  @Test
  void deliversAtTheCallersPace() throws Exception {
    InferStream stream = open(1, CALL);
    stream.send(SmallModels.countdown(4, 0));
    for (int left = 4; left > 0; left--) {
      assertThat(listener.next().output("left").toInts()).containsExactly(left);
      assertThat(listener.responses).isEmpty();
      stream.request(1);
    }
    assertThat(listener.next().isFinal()).isTrue();
  }

  @Test
  void cancelsBeforeTheFirstResponse() throws Exception {
    assertCancelled(0);
  }

  @Test
  void cancelsBetweenResponses() throws Exception {
    assertCancelled(2);
  }

  /** The model sees it, and other streams go on. */
  private void assertCancelled(int afterResponses) throws Exception {
    int before = atTheServer("cancelled");
    AtomicInteger asked = new AtomicInteger(atTheServer("begun"));
    InferStream stream = open(StreamSettings.UNLIMITED, CALL);
    stream.send(SmallModels.countdown(1_000, 200));
    awaitAtTheServer(() -> atTheServer("begun") > asked.incrementAndGet()); // not only questions
    for (int i = 0; i < afterResponses; i++) {
      listener.next();
    }
    stream.cancel("enough");
    assertThat(listener.end()).isEqualTo("CANCELLED");
    awaitAtTheServer(() -> atTheServer("cancelled") > before);
  }

  /** A model in another process has no condition to wait on. */
  private static void awaitAtTheServer(Callable<Boolean> condition) throws Exception {
    for (int look = 0; !condition.call(); look++) {
      assertThat(look).isLessThan(3_000);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /** A count that the model keeps, this question included. */
  private int atTheServer(String count) throws Exception {
    RecordingStreamListener asking = new RecordingStreamListener();
    InferStream stream =
        endpoint.openStream(
            new StreamSettings(CALL, StreamSettings.UNLIMITED, "countdown"), asking);
    stream.send(SmallModels.countdown(1, 0));
    stream.halfClose();
    assertThat(asking.end()).isEqualTo("OK");
    return asking.next().output(count).toInts()[0];
  }

  @Test
  void cancelsAfterTheLastResponse() throws Exception {
    InferStream stream = open(StreamSettings.UNLIMITED, CALL);
    stream.send(SmallModels.echo(1));
    listener.next();
    stream.close();
    stream.close();
    assertThat(listener.end()).isEqualTo("CANCELLED");
    assertThat(listener.failures).isEmpty();
  }

  @Test
  void endsAtItsDeadlineBetweenResponses() throws Exception {
    InferStream stream = open(StreamSettings.UNLIMITED, CallSettings.within(Duration.ofSeconds(2)));
    stream.send(SmallModels.countdown(1_000, 50));
    listener.next();
    assertThat(listener.end()).isEqualTo("DEADLINE_EXCEEDED");
  }

  private InferStream open(int credit, CallSettings call) {
    return endpoint.openStream(new StreamSettings(call, credit, "countdown"), listener);
  }
}
