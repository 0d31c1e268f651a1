package io.winnow.encoder.pictures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.winnow.encoder.pictures.EncodeOutcome.Encoded;
import io.winnow.encoder.pictures.EncodeOutcome.Failed;
import io.winnow.encoder.pictures.EncoderFailure.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PictureEncoderTest {

  private static final EncoderLimits LIMITS = new EncoderLimits(1000, 2000, 1, 2, 1000);

  private final FakeTower tower = new FakeTower(2, 3, 4);
  private PictureEncoder encoder = new PictureEncoder(List.of(tower.model("demo")), LIMITS);

  @AfterEach
  void stop() {
    encoder.close();
  }

  @Test
  void isReadyAsLongAsEveryTowerLives() {
    FakeTower other = new FakeTower(2, 3, 4);
    try (PictureEncoder two =
        new PictureEncoder(List.of(tower.model("demo"), other.model("other")), LIMITS)) {
      assertThat(two.ready()).isTrue();

      other.close();

      assertThat(two.ready()).isFalse();
    }
    encoder.close();
    assertThat(encoder.ready()).isFalse();
  }

  @Test
  void encodesAPictureAndRemembersIt() throws Exception {
    Encoded first = encoded(submit("a cat"));
    Encoded second = encoded(encoder.find(key("a cat")).orElseThrow());

    assertThat(first.cacheHit()).isFalse();
    assertThat(first.tokens().pictureWidth()).isEqualTo(640);
    assertThat(first.tokens().pictureHeight()).isEqualTo(480);
    assertThat(first.tokens().rows()).isEqualTo(2);
    assertThat(first.tokens().columns()).isEqualTo(3);
    assertThat(first.tokens().encoded().visualTokens().get(4 * 5 + 3))
        .isEqualTo(FakeTower.value("a cat", 5, 3));
    assertThat(second.cacheHit()).isTrue();
    assertThat(second.durations()).isEqualTo(EncodeDurations.NONE);
    assertThat(second.tokens()).isSameAs(first.tokens());
    assertThat(tower.encodes()).isEqualTo(1);
    assertNothingHeld();
  }

  @Test
  void doesNotKnowAPictureThatNobodyEncoded() throws Exception {
    assertThat(encoder.find(key("a cat"))).isEmpty();
  }

  @Test
  void refusesAnUnknownModel() {
    assertThatThrownBy(() -> encoder.find(new PictureKey("other", key("a").sha256())))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> {
              assertThat(e.failure().reason()).isEqualTo(Reason.MODEL_NOT_FOUND);
              assertThat(e.failure().message()).contains("other").contains("demo");
            });
  }

  @Test
  void encodesAPictureThatSeveralWantOnce() throws Exception {
    tower.hold();
    EncodeTicket first = submit("a cat");
    tower.awaitEncodes(1);
    EncodeTicket found = encoder.find(key("a cat")).orElseThrow();
    EncodeTicket submitted = submit("a cat");
    tower.release();

    assertThat(encoded(first).tokens())
        .isSameAs(encoded(found).tokens())
        .isSameAs(encoded(submitted).tokens());
    assertThat(tower.encodes()).isEqualTo(1);
    assertNothingHeld();
  }

  @Test
  void keepsEncodingForTheSecondWhenTheFirstGoes() throws Exception {
    tower.hold();
    submit("in the way");
    tower.awaitEncodes(1);
    EncodeTicket first = submit("a cat");
    EncodeTicket second = encoder.find(key("a cat")).orElseThrow();
    first.abandon();
    first.abandon();
    tower.release();

    assertThat(encoded(second).cacheHit()).isFalse();
  }

  @Test
  void givesUpAQueuedPictureThatAllHaveAbandoned() throws Exception {
    tower.hold();
    submit("in the way");
    tower.awaitEncodes(1);
    EncodeTicket first = submit("a cat");
    EncodeTicket second = encoder.find(key("a cat")).orElseThrow();
    assertThat(encoder.uploadBytes()).isEqualTo("a cat".length());

    first.abandon();
    second.abandon();

    assertThat(encoder.inFlight()).isEqualTo(1);
    assertThat(encoder.uploadBytes()).isZero();
    tower.release();
    encoded(submit("a dog"));
    assertThat(tower.encodes()).isEqualTo(2);
  }

  @Test
  void keepsWhatItHasEncodedForNobody() throws Exception {
    tower.hold();
    EncodeTicket ticket = submit("a cat");
    tower.awaitEncodes(1);
    ticket.abandon();
    tower.release();

    assertThat(encoded(ticket)).isNotNull();
    assertThat(encoded(encoder.find(key("a cat")).orElseThrow()).cacheHit()).isTrue();
  }

  @Test
  void doesNotEncodeWhatIsAbandonedWhileItIsRead() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch abandoned = new CountDownLatch(1);
    encodeWith(
        file -> {
          reading.countDown();
          await(abandoned);
          return tower.model("demo").reading().prepare(file);
        });
    EncodeTicket ticket = submit("a cat");
    await(reading);
    ticket.abandon();
    abandoned.countDown();

    assertFailure(ticket, Reason.INTERNAL);
    assertThat(tower.encodes()).isZero();
    assertNothingHeld();
  }

  @Test
  void refusesWhenTheQueueIsFull() throws Exception {
    tower.hold();
    List<EncodeTicket> taken = new ArrayList<>();
    taken.add(submit("0"));
    tower.awaitEncodes(1);
    taken.add(submit("1"));
    taken.add(submit("2"));

    assertFailure(submit("3"), Reason.OVERLOADED);

    tower.release();
    for (EncodeTicket ticket : taken) {
      encoded(ticket);
    }
    encoded(submit("3"));
    assertNothingHeld();
  }

  @Test
  void refusesBytesThatAreNotTheAnnouncedOnes() throws Exception {
    PictureUpload upload = encoder.upload(key("a cat"), 5, PictureTrace.NONE);
    upload.add(bytes("a dog"));

    assertFailure(encoder.submit(upload), Reason.CONTENT_MISMATCH);
    assertThat(encoder.find(key("a cat"))).isEmpty();
    assertNothingHeld();
  }

  @Test
  void refusesAFileAboveTheLimit() {
    assertThatThrownBy(() -> encoder.upload(key("a cat"), 1001, PictureTrace.NONE))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> assertThat(e.failure().reason()).isEqualTo(Reason.PICTURE_TOO_LARGE));
  }

  @Test
  void refusesUploadsAboveTheBudget() throws Exception {
    PictureUpload first = encoder.upload(key("a"), 1000, PictureTrace.NONE);
    PictureUpload second = encoder.upload(key("b"), 1000, PictureTrace.NONE);
    assertThatThrownBy(() -> encoder.upload(key("c"), 1, PictureTrace.NONE))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> assertThat(e.failure().reason()).isEqualTo(Reason.OVERLOADED));

    first.close();
    first.close();

    assertThat(encoder.uploadBytes()).isEqualTo(1000);
    encoder.upload(key("c"), 1, PictureTrace.NONE).close();
    second.close();
    assertNothingHeld();
  }

  @ParameterizedTest
  @EnumSource(
      value = Reason.class,
      names = {"PICTURE_UNREADABLE", "PICTURE_UNSUPPORTED", "PICTURE_TOO_LARGE"})
  void passesOnWhyAPictureIsRefusedAndEncodesTheNext(Reason reason) throws Exception {
    assertFailure(submit(reason.name()), reason);
    assertNothingHeld();
    encoded(submit("a cat"));
  }

  @Test
  void survivesADefectOfADecoder() throws Exception {
    assertFailure(submit("defect"), Reason.INTERNAL);
    assertNothingHeld();
    encoded(submit("a cat"));
  }

  @Test
  void aTowerWithoutRoomIsOverloadedAndNoDefect() throws Exception {
    assertFailure(submit("full"), Reason.OVERLOADED);
    assertNothingHeld();
    encoded(submit("a cat"));
  }

  @Test
  void forgetsPicturesThatNoLongerFit() throws Exception {
    long bytes = encoded(submit("0")).tokens().bytes();
    encoder.close();
    FakeTower other = new FakeTower(2, 3, 4);
    encoder =
        new PictureEncoder(
            List.of(other.model("demo")), new EncoderLimits(1000, 1000, 1, 2, 2 * bytes));

    encoded(submit("1"));
    encoded(submit("2"));
    encoded(submit("3"));

    assertThat(encoder.find(key("1"))).isEmpty();
    assertThat(encoder.find(key("2"))).isPresent();
    assertThat(encoder.find(key("3"))).isPresent();
  }

  @Test
  void closingEndsWhatRunsAndWhatWaitsAndRefusesMore() throws Exception {
    AtomicInteger read = new AtomicInteger();
    encodeWith(
        file -> {
          read.incrementAndGet();
          return tower.model("demo").reading().prepare(file);
        });
    tower.hold();
    EncodeTicket running = submit("a cat");
    tower.awaitEncodes(1);
    EncodeTicket queued = submit("a dog");

    encoder.close();
    encoder.close();

    assertFailure(running, Reason.DRAINING);
    assertFailure(queued, Reason.DRAINING);
    assertFailure(submit("a bird"), Reason.DRAINING);
    assertThat(tower.isClosed()).isTrue();
    assertThat(read).hasValue(1);
    assertNothingHeld();
  }

  @Test
  void namesEveryLimitThatIsWrong() {
    assertThatThrownBy(() -> new EncoderLimits(0, -1, 0, 0, -1))
        .hasMessageContaining("max-picture-bytes is 0")
        .hasMessageContaining("max-upload-bytes is -1")
        .hasMessageContaining("workers is 0")
        .hasMessageContaining("max-queued is 0")
        .hasMessageContaining("cache-bytes is -1");
  }

  private void encodeWith(PictureReading reading) {
    encoder = new PictureEncoder(List.of(new EncoderModel("demo", reading, tower)), LIMITS);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private EncodeTicket submit(String file) throws Exception {
    PictureUpload upload = encoder.upload(key(file), file.length(), PictureTrace.NONE);
    upload.add(bytes(file));
    assertThat(upload.isComplete()).isTrue();
    return encoder.submit(upload);
  }

  private void assertNothingHeld() {
    assertThat(encoder.inFlight()).isZero();
    assertThat(encoder.uploadBytes()).isZero();
  }

  private static Encoded encoded(EncodeTicket ticket) throws Exception {
    return (Encoded) outcome(ticket);
  }

  private static void assertFailure(EncodeTicket ticket, Reason reason) throws Exception {
    assertThat(((Failed) outcome(ticket)).failure().reason()).isEqualTo(reason);
  }

  private static EncodeOutcome outcome(EncodeTicket ticket) throws Exception {
    return ticket.outcome().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static ByteBuffer bytes(String file) {
    return ByteBuffer.wrap(file.getBytes(StandardCharsets.UTF_8));
  }

  private static PictureKey key(String file) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return PictureKey.of("demo", digest.digest(file.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
