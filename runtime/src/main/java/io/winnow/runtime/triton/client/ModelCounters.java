package io.winnow.runtime.triton.client;

import io.winnow.inference.InferBatchStatistics;
import io.winnow.inference.InferResponseStatistics;
import io.winnow.inference.InferStatistics;
import io.winnow.inference.ModelStatistics;
import io.winnow.inference.StatisticDuration;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counters of one version of one model since it was loaded.
 *
 * @param model model name
 * @param version model version
 * @param lastInference time of the last request; the epoch where there was none
 * @param inferences rows that were asked for
 * @param executions executions of the model; fewer than rows where they were batched
 * @param success requests that succeeded, over their whole time
 * @param failure requests that failed, over their whole time
 * @param queue waiting in the queue
 * @param computeInput preparing inputs
 * @param computeInfer running the model
 * @param computeOutput preparing outputs
 * @param cacheHit answers from the response cache
 * @param cacheMiss look-ups that it did not answer
 * @param batches executions by batch size
 * @param responses for a decoupled model, by the index of the response
 */
public record ModelCounters(
    String model,
    String version,
    Instant lastInference,
    long inferences,
    long executions,
    Timing success,
    Timing failure,
    Timing queue,
    Timing computeInput,
    Timing computeInfer,
    Timing computeOutput,
    Timing cacheHit,
    Timing cacheMiss,
    List<Batch> batches,
    Map<String, Response> responses) {

  /**
   * How often and how long.
   *
   * @param count events
   * @param total their time in sum
   */
  public record Timing(long count, Duration total) {

    /** Mean time of an event; zero where there was none. */
    public Duration mean() {
      return count == 0 ? Duration.ZERO : total.dividedBy(count);
    }

    static Timing of(StatisticDuration message) {
      return new Timing(message.getCount(), Duration.ofNanos(message.getNs()));
    }
  }

  /**
   * Executions at one batch size.
   *
   * @param size rows
   */
  public record Batch(long size, Timing computeInput, Timing computeInfer, Timing computeOutput) {

    static Batch of(InferBatchStatistics message) {
      return new Batch(
          message.getBatchSize(),
          Timing.of(message.getComputeInput()),
          Timing.of(message.getComputeInfer()),
          Timing.of(message.getComputeOutput()));
    }
  }

  /** What became of the n-th response of each request. */
  public record Response(
      Timing computeInfer,
      Timing computeOutput,
      Timing success,
      Timing failure,
      Timing empty,
      Timing cancelled) {

    static Response of(InferResponseStatistics message) {
      return new Response(
          Timing.of(message.getComputeInfer()),
          Timing.of(message.getComputeOutput()),
          Timing.of(message.getSuccess()),
          Timing.of(message.getFail()),
          Timing.of(message.getEmptyResponse()),
          Timing.of(message.getCancel()));
    }
  }

  static ModelCounters of(ModelStatistics message) {
    InferStatistics phases = message.getInferenceStats();
    Map<String, Response> responses = new TreeMap<>();
    message
        .getResponseStatsMap()
        .forEach((index, response) -> responses.put(index, Response.of(response)));
    return new ModelCounters(
        message.getName(),
        message.getVersion(),
        Instant.ofEpochMilli(message.getLastInference()),
        message.getInferenceCount(),
        message.getExecutionCount(),
        Timing.of(phases.getSuccess()),
        Timing.of(phases.getFail()),
        Timing.of(phases.getQueue()),
        Timing.of(phases.getComputeInput()),
        Timing.of(phases.getComputeInfer()),
        Timing.of(phases.getComputeOutput()),
        Timing.of(phases.getCacheHit()),
        Timing.of(phases.getCacheMiss()),
        message.getBatchStatsList().stream().map(Batch::of).toList(),
        responses);
  }
}
