package io.winnow.runtime.triton;

import io.winnow.runtime.FinishCause;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.triton.client.InferResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** What a decoder on Triton says about a generation: docs/triton.md. */
sealed interface DecoderEvent {

  /** It has a place in the queue. */
  record Accepted() implements DecoderEvent {}

  /** It has a slot, which reserves so many bytes, and its first segment is about to run. */
  record Started(long slotBytes) implements DecoderEvent {}

  record SegmentEnd(io.winnow.runtime.SegmentEnd end) implements DecoderEvent {}

  record Prefilled(PrefillSummary summary) implements DecoderEvent {}

  record Token(SampledToken token) implements DecoderEvent {}

  record Finished(FinishCause cause) implements DecoderEvent {}

  /** The model's kind of failure and what happened. */
  record Failed(String kind, String message) implements DecoderEvent {}

  /** The model describes itself, as JSON. */
  record Described(String json) implements DecoderEvent {}

  /**
   * Reads a response.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  static DecoderEvent of(InferResponse response) {
    int event = response.output("event").toInts()[0];
    return switch (event) {
      case 0 -> new Accepted();
      case 1 -> new Started(numbers(response)[0]);
      case 2 -> new SegmentEnd(segmentEnd(response));
      case 3 -> new Prefilled(summary(response));
      case 4 -> new Token(token(response));
      case 5 ->
          new Finished(
              numbers(response)[0] == 0 ? FinishCause.END_OF_SEQUENCE : FinishCause.LENGTH);
      case 6 -> {
        List<String> text = response.output("text").toStrings();
        yield new Failed(text.get(0), text.get(1));
      }
      case 7 -> new Described(response.output("text").toStrings().get(0));
      default -> throw new IllegalArgumentException("event " + event + " is unknown");
    };
  }

  private static long[] numbers(InferResponse response) {
    return response.output("numbers").toLongs();
  }

  private static io.winnow.runtime.SegmentEnd segmentEnd(InferResponse response) {
    long[] numbers = numbers(response); // segment, visual tokens
    return new io.winnow.runtime.SegmentEnd(
        (int) numbers[0],
        (int) numbers[1],
        response.outputNames().contains("importance")
            ? response.output("importance").toFloats()
            : new float[0],
        response.output("text_status").toFloats());
  }

  private static SampledToken token(InferResponse response) {
    long[] numbers = numbers(response); // step, id, ids of the top
    double[] logprobs = response.output("logprobs").toDoubles(); // of the id, of the top
    List<SampledToken.Candidate> top =
        IntStream.range(1, logprobs.length)
            .mapToObj(i -> new SampledToken.Candidate((int) numbers[i + 1], logprobs[i]))
            .toList();
    return new SampledToken((int) numbers[0], (int) numbers[1], logprobs[0], top);
  }

  private static PrefillSummary summary(InferResponse response) {
    long[] counts = response.output("entered").toLongs(); // [all or visual, layers]
    int layers = counts.length / 2;
    List<Duration> seconds = // queued, total, segments
        DoubleStream.of(response.output("seconds").toDoubles())
            .mapToObj(value -> Duration.ofNanos(Math.round(value * 1e9)))
            .toList();
    List<Duration> segments = seconds.subList(2, seconds.size());
    return new PrefillSummary(
        ints(counts, 0, layers),
        ints(counts, layers, counts.length),
        survivors(response, segments.size()),
        segments,
        seconds.get(0),
        seconds.get(1));
  }

  /** How many were left after each segment, then their numbers. */
  private static List<int[]> survivors(InferResponse response, int segments) {
    if (!response.outputNames().contains("survivors")) {
      return List.of();
    }
    long[] flat = response.output("survivors").toLongs();
    List<int[]> survivors = new ArrayList<>();
    int from = segments;
    for (int segment = 0; segment < segments; segment++) {
      int to = from + (int) flat[segment];
      survivors.add(ints(flat, from, to));
      from = to;
    }
    return survivors;
  }

  private static int[] ints(long[] values, int from, int to) {
    return Arrays.stream(values, from, to).mapToInt(Math::toIntExact).toArray();
  }
}
