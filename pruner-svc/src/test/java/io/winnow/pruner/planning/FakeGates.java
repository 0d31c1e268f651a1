package io.winnow.pruner.planning;

import io.winnow.runtime.ExitGates;
import io.winnow.runtime.ExitLogits;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/** Gates whose margin is the first number of the status they are asked about. */
public final class FakeGates implements ExitGates {

  private final List<Integer> layers;
  private final int statusWidth;
  private final Queue<Integer> asked = new ConcurrentLinkedQueue<>(); // layers
  private Optional<String> weightsSha256 = Optional.empty();
  private CountDownLatch held = new CountDownLatch(0);

  public FakeGates(int statusWidth, Integer... layers) {
    this.statusWidth = statusWidth;
    this.layers = List.of(layers);
  }

  /** Lets no question be answered until {@link #release}. */
  public FakeGates hold() {
    held = new CountDownLatch(1);
    return this;
  }

  public void release() {
    held.countDown();
  }

  /** The layers whose gates were asked, in order. */
  public List<Integer> asked() {
    return List.copyOf(asked);
  }

  @Override
  public List<Integer> layers() {
    return layers;
  }

  /** Says what weights they were trained with. */
  public FakeGates trainedWith(String sha256) {
    weightsSha256 = Optional.of(sha256);
    return this;
  }

  @Override
  public Optional<String> weightsSha256() {
    return weightsSha256;
  }

  @Override
  public int statusWidth() {
    return statusWidth;
  }

  @Override
  public ExitLogits logits(int layer, float[] status) {
    try {
      held.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    asked.add(layer);
    return new ExitLogits(1, 1 + status[0]);
  }

  @Override
  public void close() {}
}
