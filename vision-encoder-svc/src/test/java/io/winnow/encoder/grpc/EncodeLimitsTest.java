package io.winnow.encoder.grpc;

import static io.winnow.encoder.grpc.EncodeProtocolTest.assertFailure;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.winnow.encoder.pictures.FakeTower;
import io.winnow.v1.EncodedLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EncodeLimitsTest {

  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Test
  void refusesWhenTheQueueIsFullAndServesTheOthers() throws Exception {
    try (InProcessEncoder server = new InProcessEncoder()) {
      List<PictureCall> taken = fill(server);

      assertFailure(server.call().upload("one more"), Status.Code.RESOURCE_EXHAUSTED, "OVERLOADED");

      server.tower.release();
      for (PictureCall call : taken) {
        finish(call);
      }
      finish(server.call().upload("one more"));
      assertNothingLeft(server);
    }
  }

  @Test
  void refusesUploadsAboveTheBudget() throws Exception {
    try (InProcessEncoder server = new InProcessEncoder()) {
      byte[] large = new byte[InProcessEncoder.MAX_PICTURE_BYTES];
      List<PictureCall> uploading = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        large[0] = (byte) i;
        uploading.add(server.call().begin(large));
      }
      large[0] = 4;

      assertFailure(server.call().begin(large), Status.Code.RESOURCE_EXHAUSTED, "OVERLOADED");

      uploading.forEach(PictureCall::cancel);
      assertNothingLeft(server);
    }
  }

  @Test
  void refusesStreamsAboveTheLimit() throws Exception {
    try (InProcessEncoder server = server(1, LONG)) {
      PictureCall open = server.call();

      assertFailure(server.call(), Status.Code.RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS");

      finish(open.upload("a cat"));
      finish(server.call().upload("a dog"));
    }
  }

  @Test
  void aStreamOnWhichNothingIsHeardEnds() throws Exception {
    try (InProcessEncoder server = server(10, Duration.ofMillis(20))) {
      PictureCall silent = server.call();
      PictureCall halfway = server.call().begin(new byte[2]).chunk(new byte[1]);
      PictureCall unfetched = server.call().upload("a cat");

      assertFailure(silent, Status.Code.DEADLINE_EXCEEDED, "IDLE");
      assertFailure(halfway, Status.Code.DEADLINE_EXCEEDED, "IDLE");
      assertFailure(unfetched, Status.Code.DEADLINE_EXCEEDED, "IDLE");
      assertNothingLeft(server);
    }
  }

  @Test
  void aStreamThatIsNotReadEnds() throws Exception {
    try (InProcessEncoder server = server(10, Duration.ofMillis(200))) {
      PictureCall call = server.call().upload("a cat");
      call.layout();
      call.fetchAll();

      server.service.drain(PATIENCE);

      assertFailure(call, Status.Code.DEADLINE_EXCEEDED, "IDLE");
      assertNothingLeft(server);
    }
  }

  @Test
  void aStreamIsNotIdleWhileItsPictureIsEncoded() throws Exception {
    try (InProcessEncoder server = server(10, Duration.ofSeconds(1))) {
      server.tower.hold();
      PictureCall waiting = server.call().upload("a cat");
      server.tower.awaitEncodes(1);
      // A stream that is silent from here on ends as idle, so the other one would have, too.
      assertFailure(server.call(), Status.Code.DEADLINE_EXCEEDED, "IDLE");
      server.tower.release();

      assertThat(waiting.layout().getTokenCount()).isEqualTo(6);
      waiting.cancel();
    }
  }

  @Test
  void cancellingAnUploadGivesItsRoomBack() throws Exception {
    try (InProcessEncoder server = new InProcessEncoder()) {
      PictureCall call = server.call().begin(new byte[100]).chunk(new byte[50]);
      assertThat(server.encoder.uploadBytes()).isEqualTo(100);

      call.cancel();

      assertNothingLeft(server);
    }
  }

  @Test
  void cancellingRemovesAPictureFromTheQueue() throws Exception {
    try (InProcessEncoder server = new InProcessEncoder()) {
      List<PictureCall> taken = fill(server);
      taken.remove(taken.size() - 1).cancel();
      PictureCall next = server.call().upload("next");
      server.tower.release();

      finish(next);
      for (PictureCall call : taken) {
        finish(call);
      }
      assertNothingLeft(server);
    }
  }

  @Test
  void cancellingWhileThePictureIsEncodedLeavesTheWorkerFree() throws Exception {
    try (InProcessEncoder server = new InProcessEncoder()) {
      List<PictureCall> taken = fill(server);
      taken.forEach(PictureCall::cancel);
      assertThat(server.service.openStreams()).isZero();
      assertThat(server.encoder.inFlight()).isEqualTo(2);
      server.tower.release();

      finish(server.call().upload("next"));
      assertThat(server.tower.encodes()).isEqualTo(3);
    }
  }

  @Test
  void cancellingBeforeTheFetchForgetsTheStream() throws Exception {
    try (InProcessEncoder server = new InProcessEncoder()) {
      PictureCall call = server.call().upload("a cat");
      call.layout();
      call.cancel();

      assertNothingLeft(server);
    }
  }

  @Test
  void aDeadlineEndsAStreamThatWaitsInTheQueue() throws Exception {
    try (InProcessEncoder server = new InProcessEncoder()) {
      fill(server).forEach(PictureCall::cancel);
      PictureCall late =
          new PictureCall(server.stub().withDeadlineAfter(50, TimeUnit.MILLISECONDS));
      late.upload("late");

      assertThat(late.awaitFailure().getStatus().getCode())
          .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      // Draining returns once the last stream has gone, here the late one.
      server.service.drain(PATIENCE);
      assertThat(server.encoder.inFlight()).isEqualTo(2);
      assertThat(server.encoder.uploadBytes()).isZero();
      server.tower.release();
    }
  }

  @Test
  void drainingRefusesNewStreamsAndLetsOpenOnesFinish() throws Exception {
    try (InProcessEncoder server = new InProcessEncoder()) {
      server.tower.hold();
      PictureCall open = server.call().upload("a cat");
      server.tower.awaitEncodes(1);
      CompletableFuture<Void> drained = CompletableFuture.runAsync(() -> drain(server, LONG));

      PictureCall late = server.call();
      while (!late.hasEnded()) {
        late.cancel();
        late = server.call();
      }
      server.tower.release();
      finish(open);

      drained.get(30, TimeUnit.SECONDS);
      assertFailure(late, Status.Code.UNAVAILABLE, "DRAINING");
      assertNothingLeft(server);
    }
  }

  @Test
  void drainingEndsStreamsThatOutlastItsPatience() throws Exception {
    try (InProcessEncoder server = new InProcessEncoder()) {
      PictureCall open = server.call().upload("a cat");
      open.layout();

      server.service.drain(Duration.ofMillis(1));

      assertFailure(open, Status.Code.UNAVAILABLE, "DRAINING");
      assertNothingLeft(server);
    }
  }

  @Test
  void closingTheEncoderEndsStreamsWhosePictureIsEncoded() throws Exception {
    try (InProcessEncoder server = new InProcessEncoder()) {
      List<PictureCall> taken = fill(server);

      server.encoder.close();

      for (PictureCall call : taken) {
        assertFailure(call, Status.Code.UNAVAILABLE, "DRAINING");
      }
      assertNothingLeft(server);
    }
  }

  @Test
  void twoHundredAtOnceAllEnd() throws Exception {
    try (InProcessEncoder server = server(150, LONG)) {
      ExecutorService clients = Executors.newFixedThreadPool(200);
      List<Future<Boolean>> ends = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        String file = "picture " + i % 50;
        ends.add(clients.submit(() -> encodes(server, file)));
      }
      int served = 0;
      for (Future<Boolean> end : ends) {
        served += end.get(60, TimeUnit.SECONDS) ? 1 : 0;
      }
      clients.shutdown();

      assertThat(served).isPositive();
      assertThat(clients.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
      assertNothingLeft(server);
      finish(server.call().upload("one more"));
    }
  }

  /** Whether the picture was encoded; everything but a refusal for load is an assertion error. */
  private static boolean encodes(InProcessEncoder server, String file) throws Exception {
    PictureCall call = server.call().upload(file);
    if (!call.answers()) {
      assertThat(call.awaitFailure().getStatus().getCode())
          .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      return false;
    }
    EncodedLayout layout = call.layout();
    assertThat(call.allTokens(layout)[0]).isEqualTo(FakeTower.value(file, 0, 0));
    return true;
  }

  /** Holds the tower and gives every worker a picture and every place in the queue one. */
  private static List<PictureCall> fill(InProcessEncoder server) throws Exception {
    server.tower.hold();
    List<PictureCall> taken = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      taken.add(server.call().upload("running " + i));
    }
    server.tower.awaitEncodes(2);
    for (int i = 0; i < InProcessEncoder.QUEUE; i++) {
      taken.add(server.call().upload("queued " + i));
    }
    return taken;
  }

  private static void finish(PictureCall call) throws Exception {
    assertThat(call.layout().getTokenCount()).isEqualTo(6);
    call.fetch().halfClose();
    call.awaitCompletion();
  }

  private static void drain(InProcessEncoder server, Duration patience) {
    try {
      server.service.drain(patience);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static InProcessEncoder server(int maxStreams, Duration idleTimeout) throws Exception {
    return new InProcessEncoder(new FakeTower(2, 3, 4), maxStreams, idleTimeout);
  }

  private static void assertNothingLeft(InProcessEncoder server) {
    assertThat(server.service.openStreams()).isZero();
    assertThat(server.encoder.inFlight()).isZero();
    assertThat(server.encoder.uploadBytes()).isZero();
  }
}
