package io.winnow.decoder.generation;

import com.google.protobuf.ByteString;
import io.winnow.decoder.chat.ChatMessage.Detail;
import io.winnow.decoder.chat.ReductionWish;
import io.winnow.decoder.telemetry.TraceContext;
import io.winnow.runtime.SegmentEnd;
import io.winnow.runtime.text.PromptRows;
import io.winnow.v1.DataType;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.NamedTensor;
import io.winnow.v1.Observation;
import io.winnow.v1.Outcome;
import io.winnow.v1.PictureDetail;
import io.winnow.v1.PictureSignals;
import io.winnow.v1.Tensor;
import io.winnow.v1.VisualTokenReduction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** What the pruner is told. */
final class DecideMessages {

  private DecideMessages() {}

  static DecideBegin begin(
      PreparedPrompt prompt, List<EncodedLayout> layouts, ReductionWish wish, TraceContext trace) {
    PromptRows rows = prompt.rows();
    DecideBegin.Builder begin =
        DecideBegin.newBuilder()
            .setModel(prompt.model().name())
            .setShape(prompt.model().shape())
            .setReduction(reduction(wish))
            .setTextTokens(prompt.encoded().textTokens())
            .setWeightsSha256(prompt.model().manifest().getGates().getWeightsSha256())
            .setTraceparent(trace.traceparent());
    for (int picture = 0; picture < layouts.size(); picture++) {
      begin.addPictures(
          PictureSignals.newBuilder()
              .setFirstPosition(rows.firstRow(picture))
              .setLayout(layouts.get(picture))
              .setDetail(detail(prompt.pictures().get(picture).detail())));
    }
    return begin.build();
  }

  private static VisualTokenReduction reduction(ReductionWish wish) {
    VisualTokenReduction.Builder reduction =
        VisualTokenReduction.newBuilder().setMethod(wish.method()).setReport(wish.report());
    wish.budget().ifPresent(budget -> setBudget(reduction, budget));
    wish.layer().ifPresent(reduction::setLayer);
    wish.seed().ifPresent(reduction::setSeed);
    wish.exit().threshold().ifPresent(reduction::setExitThreshold);
    wish.exit().minLayer().ifPresent(reduction::setMinLayer);
    wish.exit().with().ifPresent(reduction::setWith);
    reduction.setBlocking(wish.exit().blocking());
    return reduction.build();
  }

  private static PictureDetail detail(Detail detail) {
    return switch (detail) {
      case AUTO -> PictureDetail.PICTURE_DETAIL_AUTO;
      case LOW -> PictureDetail.PICTURE_DETAIL_LOW;
      case HIGH -> PictureDetail.PICTURE_DETAIL_HIGH;
    };
  }

  private static void setBudget(
      VisualTokenReduction.Builder reduction, ReductionWish.Budget budget) {
    if (budget instanceof ReductionWish.FlopsRatio flops) {
      reduction.setFlopsRatio(flops.ratio());
    } else if (budget instanceof ReductionWish.KeepRatio keep) {
      reduction.setKeepRatio(keep.ratio());
    } else if (budget instanceof ReductionWish.MaxTtftMillis ttft) {
      reduction.setMaxTtftMillis(ttft.millis());
    }
  }

  static Observation observation(SegmentEnd end, boolean importance) {
    float[] status = end.textStatus(); // [2 * hidden]
    ByteBuffer halves = littleEndian(status.length * Short.BYTES);
    for (float value : status) {
      halves.putShort(HalfFloat.of(value));
    }
    Observation.Builder observation =
        Observation.newBuilder()
            .setSegment(end.segment())
            .setVisualTokens(end.visualTokens())
            .addTensors(
                tensor(
                    "text_status", DataType.DATA_TYPE_FP16, halves.flip(), 2, status.length / 2));
    if (importance) {
      ByteBuffer floats = littleEndian(end.importance().length * Float.BYTES);
      floats.asFloatBuffer().put(end.importance());
      observation.addTensors(
          tensor("importance", DataType.DATA_TYPE_FP32, floats, end.importance().length));
    }
    return observation.build();
  }

  static Outcome outcome(boolean completed, Timeline timeline) {
    return Outcome.newBuilder()
        .setCompleted(completed)
        .setPrefillMicros(micros(timeline.timings().prefill()))
        .setFirstTokenMicros(micros(timeline.timings().firstToken()))
        .setPerTokenMicros(micros(timeline.timings().perToken()))
        .addAllEntered(Arrays.stream(timeline.visualEntered()).boxed().toList())
        .build();
  }

  private static NamedTensor tensor(String name, DataType type, ByteBuffer data, long... shape) {
    return NamedTensor.newBuilder()
        .setName(name)
        .setTensor(
            Tensor.newBuilder()
                .setDataType(type)
                .addAllShape(Arrays.stream(shape).boxed().toList())
                .setData(ByteString.copyFrom(data)))
        .build();
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static long micros(Duration duration) {
    return duration.toNanos() / 1_000;
  }
}
