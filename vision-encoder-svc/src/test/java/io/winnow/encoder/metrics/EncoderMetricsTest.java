package io.winnow.encoder.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.winnow.encoder.pictures.EncodeDurations;
import io.winnow.encoder.pictures.EncoderFailure.Reason;
import io.winnow.encoder.pictures.EncoderLimits;
import io.winnow.encoder.pictures.EncoderTelemetry.Lookup;
import io.winnow.encoder.pictures.FakeTower;
import io.winnow.encoder.pictures.PictureEncoder;
import io.winnow.encoder.pictures.PictureKey;
import io.winnow.encoder.pictures.PictureTrace;
import io.winnow.encoder.pictures.PictureUpload;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EncoderMetricsTest {

  private static final EncoderLimits LIMITS = new EncoderLimits(1000, 8000, 1, 8, 1000);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final FakeTower tower = new FakeTower(2, 3, 4);
  private final EncoderMetrics metrics = new EncoderMetrics(registry);
  private final PictureEncoder encoder =
      new PictureEncoder(List.of(tower.model("demo")), LIMITS, metrics);

  @AfterEach
  void close() {
    encoder.close();
  }

  @Test
  void showsPicturesAndPatchesThatWait() throws Exception {
    metrics.watch(encoder);
    tower.hold();
    submit("in the way");
    tower.awaitEncodes(1);
    submit("a cat");
    submit("a dog");

    assertThat(gauge("winnow.encoder.pictures.queued")).isEqualTo(2);
    assertThat(gauge("winnow.encoder.patches.queued")).isEqualTo(2 * 2 * 3);
    assertThat(gauge("winnow.encoder.workers.busy")).isEqualTo(1);
    tower.release();
  }

  @Test
  void namesOnlyModelsThatAreServed() {
    metrics.watch(encoder);
    int before = registry.getMeters().size();
    for (int number = 0; number < 1000; number++) {
      String model = "../" + number + "\n{le=\"\u0000\"}";
      metrics.lookedUp(model, Lookup.MISS);
      metrics.encoded(model, EncodeDurations.NONE);
      metrics.sent(model, 1, 4);
    }
    for (Reason reason : Reason.values()) {
      metrics.failed(reason);
    }
    metrics.stalled(Duration.ofSeconds(2));

    assertThat(registry.getMeters()).hasSize(before);
    assertThat(
            registry
                .get("winnow.encoder.visual.tokens.sent")
                .tag("model", "other")
                .counter()
                .count())
        .isEqualTo(1000);
    assertThat(registry.get("winnow.encoder.send.stalled").counter().count()).isEqualTo(2);
  }

  private double gauge(String name) {
    return registry.get(name).gauge().value();
  }

  private void submit(String text) throws Exception {
    byte[] file = text.getBytes(StandardCharsets.UTF_8);
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(file);
    PictureUpload upload =
        encoder.upload(PictureKey.of("demo", hash), file.length, PictureTrace.NONE);
    upload.add(ByteBuffer.wrap(file));
    encoder.submit(upload);
  }
}
