package io.winnow.decoder.grpc;

import io.winnow.decoder.calibration.CalibrationLimits;
import io.winnow.decoder.calibration.FakeStepper;
import io.winnow.decoder.generation.AnsweringModel;
import io.winnow.decoder.generation.FakeDecoderRuntime;
import io.winnow.decoder.generation.FakeText;
import io.winnow.decoder.generation.FlowLimits;
import io.winnow.decoder.generation.FlowPorts;
import io.winnow.decoder.generation.PeerCall;
import io.winnow.decoder.generation.Simulation;
import io.winnow.decoder.generation.UnprunedPrompts;
import io.winnow.decoder.generation.VisionEncoderClient;
import io.winnow.decoder.telemetry.TraceContext;
import io.winnow.v1.DecoderManifest;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.ModelManifest;
import io.winnow.v1.TokenSelection;
import io.winnow.v1.VisionManifest;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.List;

/** Calibrations of a model of four layers, whose pictures become four visual tokens of width 2. */
final class CalibrationFixture {

  private static final int LAYERS = 4;
  private static final int TOKENS = 4;
  private static final int HIDDEN = 2;

  private CalibrationFixture() {}

  static Calibrations calibrations(int maxStreams) {
    return calibrations(maxStreams, Duration.ofSeconds(20));
  }

  static Calibrations calibrations(int maxStreams, Duration patience) {
    DecoderManifest decoder =
        DecoderManifest.newBuilder()
            .setLayers(LAYERS)
            .setHiddenSize(HIDDEN)
            .setContextLength(64)
            .build();
    ModelManifest manifest =
        ModelManifest.newBuilder()
            .setName("fake")
            .setDecoder(decoder)
            .setVision(VisionManifest.newBuilder().setGridRows(2).setGridColumns(2))
            .build();
    FakeDecoderRuntime runtime =
        new FakeDecoderRuntime(decoder, () -> Runnable::run)
            .say("yes")
            .stepping(new FakeStepper(LAYERS));
    FlowPorts ports =
        new FlowPorts(
            new InstantEncoder(),
            (timeout, listener) -> {
              throw new AssertionError("calibration asks no pruner");
            },
            Runnable::run,
            new Simulation(),
            () -> 1);
    Duration limit = Duration.ofSeconds(2);
    FlowLimits limits = new FlowLimits(1, 2, 1_000, 2_000, limit, limit, limit);
    return new Calibrations(
        new UnprunedPrompts(
            List.of(new AnsweringModel(manifest, 0, new FakeText(), runtime)), ports, limits),
        new CalibrationLimits(2, 1_000, Duration.ofMinutes(1), patience),
        maxStreams);
  }

  /** Encodes any picture as nothing but zeros, at once. */
  private static final class InstantEncoder implements VisionEncoderClient {

    @Override
    public Encoding encode(String model, byte[] content, PeerCall call, Listener listener) {
      Encoding encoding =
          new Encoding() {
            @Override
            public void fetch(TokenSelection selection, FloatBuffer target, TraceContext trace) {
              listener.onFetched(0, 0);
            }

            @Override
            public void cancel() {
              // It has ended.
            }
          };
      listener.onLayout(
          EncodedLayout.newBuilder()
              .setTokenCount(TOKENS)
              .setHiddenSize(HIDDEN)
              .setPictureWidth(4)
              .setPictureHeight(4)
              .build());
      return encoding;
    }
  }
}
